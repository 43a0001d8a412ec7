"""
TRL's GRPOTrainer trains a tiny Qwen3 for two optimizer steps on a served environment, on the CPU.

Everything is made here: random weights, a tokenizer of the prompts' bytes, and a short supervised
warm-up on demonstrations that ran through the environment, right and wrong ones in equal parts, so that
sampled episodes call tools and differ in reward. Prints one JSON record. Needs trl, torch, transformers.

    python trl_steps.py ors|openenv http://127.0.0.1:8000 questions.json
"""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRL_EXPERIMENTAL_SILENCE="1", OPENREWARD_DISABLE_UPDATE_CHECK="1")

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from transformers.utils import get_json_schema

import trl
from trl import GRPOConfig, GRPOTrainer

TASKS = 2
WARM_UP_STEPS = 200
QWEN3 = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"


def from_ors(url):
    """No code of one's own: tasks, environment and rewards come from the server."""
    os.environ.update(OPENREWARD_API_URL=url, OPENREWARD_SESSION_URL=url)
    from trl.experimental.openreward import OpenRewardSpec

    spec = OpenRewardSpec(url, split="train", num_tasks=TASKS)
    return {
        "train_dataset": spec.train_dataset,
        "environment_factory": spec.environment_factory,
        "reward_funcs": spec.reward_funcs,
    }


def from_openenv(url):
    """An environment class whose methods are the tools."""
    from datasets import Dataset
    from openenv import GenericEnvClient

    class Finestep:
        def __init__(self):
            self._client = GenericEnvClient(base_url=url).sync()

        def reset(self, task_index: int = 0, **_) -> str:
            result = self._client.reset(split="train", index=task_index, prompt="tools")
            self.rewards, self.metadata = [], []
            return "\n".join(message["content"] for message in result.observation["messages"])

        def _call(self, tool: str, **arguments) -> str:
            result = self._client.step({"type": "call_tool", "tool_name": tool, "arguments": arguments})
            self.rewards.append(result.reward)
            self.metadata.append(result.metadata)
            return result.observation["result"] or "(no output)"

        def execute_sql(self, sql: str) -> str:
            """
            Runs one read-only SQLite query on the database and returns its first rows, or the error message.

            Args:
                sql: The query to run.
            """
            return self._call("execute_sql", sql=sql)

        def submit_answer(self, answer: str) -> str:
            """
            Submits the final answer, which ends the episode.

            Args:
                answer: The answer (sql), without a fence around it.
            """
            return self._call("submit_answer", answer=answer)

        def get_reward(self) -> float:
            return sum(self.rewards)

    rows = [{"prompt": [{"role": "user", "content": ""}], "task_index": i} for i in range(TASKS)]
    return {"train_dataset": Dataset.from_list(rows), "environment_factory": Finestep}


def demonstrations(environment, questions):
    """Each task solved, and answered wrongly, with what the environment said."""
    for index, question in enumerate(questions[:TASKS]):
        for answer in (question["SQL"], "SELECT 'no'"):
            messages = [{"role": "user", "content": environment.reset(task_index=index)}]
            for tool, arguments in (
                ("execute_sql", {"sql": question["SQL"]}),
                ("submit_answer", {"answer": answer}),
            ):
                call = {"type": "function", "function": {"name": tool, "arguments": arguments}}
                messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
                said = getattr(environment, tool)(**arguments)
                messages.append({"role": "tool", "name": tool, "content": said})
            messages.append({"role": "assistant", "content": "Done."})
            yield messages


def byte_tokenizer(texts):
    """Byte-level BPE of the texts, with the words of Qwen3's chat template."""
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    words += [f"<{slash}{tag}>" for tag in ("tool_call", "tool_response", "think") for slash in ("", "/")]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=2000, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.add_tokens(words[1:])
    tokenizer.chat_template = QWEN3.read_text()
    return tokenizer


def random_model(tokenizer):
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=24,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def warm_up(trainer, tokenizer, shown):
    """Supervised steps on what the assistant says, in the form that the trainer will sample in."""

    def encoded(messages):
        def ids(upto, **more):
            return tokenizer.apply_chat_template(
                messages[:upto],
                tools=trainer.tools,
                chat_template=trainer.chat_template,
                tokenize=True,
                return_dict=False,
                **more,
            )

        whole = ids(len(messages))
        labels = [-100] * len(whole)
        for at, message in enumerate(messages):
            if message["role"] == "assistant":
                start, end = len(ids(at, add_generation_prompt=True)), len(ids(at + 1))
                labels[start:end] = whole[start:end]
        return whole, labels

    rows = [encoded(messages) for messages in shown]
    longest = max(len(ids) for ids, _ in rows)
    pad = tokenizer.pad_token_id
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row, _ in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in rows])
    labels = torch.tensor([row + [-100] * (longest - len(row)) for _, row in rows])
    optimizer = torch.optim.AdamW(trainer.model.parameters(), lr=3e-3)
    for _ in range(WARM_UP_STEPS):
        loss = trainer.model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), 1.0)
        optimizer.step()
    return {"steps": WARM_UP_STEPS, "loss": round(loss.item(), 4), "longest": longest}


class Changes(transformers.TrainerCallback):
    """How far each optimizer step moved the weights."""

    def __init__(self):
        self.norms = []

    def _weights(self, model):
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    def on_step_begin(self, args, state, control, model=None, **_):
        self.before = self._weights(model)

    def on_step_end(self, args, state, control, model=None, **_):
        self.norms.append((self._weights(model) - self.before).norm().item())


def main(via, url, questions_path):
    # Threads that wait for each other do so busily, on a machine with other work.
    torch.set_num_threads(1)
    questions = json.loads(Path(questions_path).read_text())
    setup = {"ors": from_ors, "openenv": from_openenv}[via](url)
    environment = setup["environment_factory"]()
    shown = list(demonstrations(environment, questions))
    texts = [message["content"] for messages in shown for message in messages]
    methods = (environment.execute_sql, environment.submit_answer)
    texts += [json.dumps(get_json_schema(method)) for method in methods] + [QWEN3.read_text()]
    tokenizer = byte_tokenizer(texts)
    model = random_model(tokenizer)
    changes = Changes()
    with tempfile.TemporaryDirectory() as output:
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            args=GRPOConfig(
                output_dir=output,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                per_device_train_batch_size=8,
                num_generations=8,
                max_steps=2,
                learning_rate=1e-4,
                max_completion_length=400,
                max_tool_calling_iterations=4,
                chat_template_kwargs={"enable_thinking": False},
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                seed=1,
            ),
            callbacks=[changes],
            **setup,
        )
        warmed = warm_up(trainer, tokenizer, shown)
        trainer.train()
    keys = ("loss", "grad_norm", "reward", "reward_std", "entropy", "completions/mean_length")
    keys += ("tools/call_frequency", "tools/failure_frequency", "step_time")
    logs = [log for log in trainer.state.log_history if "reward" in log]
    record = {
        "via": via,
        "versions": {"trl": trl.__version__, "transformers": transformers.__version__, "torch": torch.__version__},
        "parameters": sum(p.numel() for p in model.parameters()),
        "warm_up": warmed,
        "optimizer_steps": trainer.state.global_step,
        "weight_changes": changes.norms,
        "steps": [{key: log.get(key) for key in keys} for log in logs],
        "last_rewards": [environment.rewards for environment in trainer.environments],
        "last_process_rewards": [
            [metadata["step_rewards"]["process"] for metadata in environment.metadata if metadata]
            for environment in trainer.environments
        ],
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
