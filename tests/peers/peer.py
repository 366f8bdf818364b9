"""Another implementation, in an environment of its own, asked over its standard input."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HOME = Path(__file__).parents[2]
SCRIPTS = HOME / "scripts" / "peers"


def prepare() -> None:
    """Have the environments that are missing built; quick when none is."""
    subprocess.run(["sh", "scripts/peers.sh"], cwd=HOME, check=True)


class Peer:
    """A process that answers one line of JSON for each line of JSON."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", cwd=HOME
        )

    @classmethod
    def python(cls, environment: str, script: str, *words: str) -> Self:
        """A script that runs in one of our environments."""
        interpreter = HOME / ".venvs" / environment / "bin" / "python"
        return cls(str(interpreter), str(SCRIPTS / script), *words)

    def ask(self, **question: object) -> dict[str, Any]:
        """The answer to one question."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        assert isinstance(answer, dict)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.communicate()
