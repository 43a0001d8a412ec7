"""
Drives episodes with OpenEnv's own clients and prints what they saw, as JSON. Scenarios come on stdin.

    python openenv_episodes.py http://127.0.0.1:8000 < scenarios.json
"""

import asyncio
import importlib.metadata
import json
import sys

from openenv import GenericEnvClient
from openenv.core.env_server.mcp_types import CallToolAction
from openenv.core.mcp_client import MCPToolClient


def choice(scenario, prompt):
    return {"split": scenario["split"], "index": scenario["index"], "prompt": prompt}


async def by_message(url, scenario):
    """The model's whole messages, as the environment's own protocol has them."""
    async with GenericEnvClient(base_url=url) as client:
        begun = await client.reset(**choice(scenario, "text"))
        steps = []
        for message in scenario["messages"]:
            result = await client.step({"message": message})
            shown = "".join(message["content"] for message in result.observation["messages"])
            steps.append([shown, result.reward, result.done, result.metadata])
        state = await client.state()
        return {"prompt": begun.observation["messages"], "steps": steps, "state": state}


async def by_call(url, scenario):
    """Calls of tools over the session's WebSocket."""
    async with MCPToolClient(base_url=url) as client:
        names = [tool.name for tool in await client.list_tools()]
        begun = await client.reset(**choice(scenario, "tools"))
        steps = []
        for tool, arguments in scenario["calls"]:
            result = await client.step(CallToolAction(tool_name=tool, arguments=arguments))
            steps.append([result.observation.result, result.reward, result.done, result.metadata])
        return {"tools": names, "prompt": begun.observation.messages, "steps": steps}


async def by_mcp(url, scenario):
    """Calls of tools by JSON-RPC over HTTP, in the session of a WebSocket."""
    async with MCPToolClient(base_url=url, mode="production") as client:
        await client.reset(**choice(scenario, "tools"))
        names = [tool.name for tool in await client.list_tools()]
        shown = [await client.call_tool(tool, **arguments) for tool, arguments in scenario["calls"]]
        state = await client.state()
        return {"tools": names, "shown": shown, "step_count": state.step_count}


async def refused(url):
    """What a client is told that does something else than it may."""
    found = {}
    async with GenericEnvClient(base_url=url) as client:
        for name, action in (
            ("step before reset", {"message": "hello"}),
            ("unknown action", {"sql": "SELECT 1"}),
        ):
            try:
                await client.step(action)
            except RuntimeError as error:
                found[name] = str(error)
        try:
            await client.reset(split="no such split")
        except RuntimeError as error:
            found["unknown split"] = str(error)
    return found


async def main(url):
    scenarios = json.load(sys.stdin)
    ways = {"message": by_message, "call": by_call, "mcp": by_mcp}
    episodes = {
        way: [await drive(url, scenario) for scenario in scenarios] for way, drive in ways.items()
    }
    versions = {"openenv": importlib.metadata.version("openenv")}
    print(json.dumps({"versions": versions, "episodes": episodes, "refused": await refused(url)}))


asyncio.run(main(sys.argv[1]))
