"""Starts SkyRL's Tinker API with the Python that runs this file; ends when standard input does.

`python -m skyrl.tinker.api` starts its engine by `uv run`, with the flags of the `uv run` that started
it, and refuses to start otherwise. Here the engine is started by the same Python.

Arguments: `--port`, and those of `skyrl.tinker.api`. Needs skyrl[tinker,jax] 0.4.0 and aiohttp.
"""

import argparse
import os
import signal
import sys
import threading

import uvicorn
from skyrl.tinker import api
from skyrl.tinker.config import EngineConfig, add_model, config_to_argv


def main() -> None:
    # A group of its own, so that one signal ends the API and its engine.
    os.setpgrp()
    threading.Thread(target=end_with_input, daemon=True).start()
    parser = argparse.ArgumentParser()
    add_model(parser, EngineConfig)
    parser.add_argument("--port", type=int, required=True)
    arguments = vars(parser.parse_args())
    port = arguments.pop("port")
    api.app.state.engine_config = EngineConfig.model_validate(arguments)
    api._build_uv_run_cmd_engine = lambda _, config: [
        sys.executable, "-m", "skyrl.tinker.engine", *config_to_argv(config)
    ]
    uvicorn.run(api.app, host="127.0.0.1", port=port, log_level="warning")


def end_with_input() -> None:
    """Kills the group when whoever started this has gone, by whatever end."""
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
