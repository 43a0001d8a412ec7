"""
Drives episodes through an environment of SkyRL's gym and prints what came of them, as JSON. They are
made and driven as SkyRL's generator does (skyrl/train/generators/skyrl_gym_generator.py); what the model
says, the scenarios on stdin say. FinestepEnv is all that a training with SkyRL needs of its own: an
`env_class` for its rows, which name the question in `reset`.

    python skyrl_episodes.py http://127.0.0.1:8000 < scenarios.json
"""

import importlib.metadata
import json
import sys

import skyrl_gym
from openenv import GenericEnvClient
from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput


class FinestepEnv(BaseTextEnv):
    """An episode in a session of its own."""

    def __init__(self, env_config, extras):
        super().__init__()
        self.choice = extras["reset"]
        self.client = GenericEnvClient(base_url=env_config["base_url"]).sync()
        self.client.connect()

    def init(self, prompt):
        """The server writes the prompt; that of the row is not needed."""
        return self.client.reset(**self.choice).observation["messages"], {}

    def step(self, action):
        result = self.client.step({"message": action})
        return BaseTextEnvStepOutput(
            observations=result.observation["messages"],
            reward=result.reward,
            done=result.done,
            metadata=result.metadata,
        )

    def close(self):
        self.client.close()


def drive(url, scenario):
    reset = {"split": scenario["split"], "index": scenario["index"]}
    extras = {"max_turns": len(scenario["messages"]), "reset": reset}
    env = skyrl_gym.make("finestep", env_config={"base_url": url}, extras=extras)
    try:
        prompt, _ = env.init([])
        steps = []
        for message in scenario["messages"]:
            output = env.step(message)
            shown = "".join(message["content"] for message in output["observations"])
            steps.append([shown, output["reward"], output["done"], output["metadata"]])
        return {"prompt": prompt, "steps": steps}
    finally:
        env.close()


def main(url):
    skyrl_gym.register(id="finestep", entry_point=FinestepEnv)
    episodes = [drive(url, scenario) for scenario in json.load(sys.stdin)]
    versions = {name: importlib.metadata.version(name) for name in ("skyrl-gym", "openenv")}
    print(json.dumps({"versions": versions, "episodes": episodes}))


main(sys.argv[1])
