"""Generates the clients from proto/ into gen/, or into the folder given as argument."""

import sys
from pathlib import Path

from grpc_tools import protoc

here = Path(__file__).parent
protos = here.parent.parent / "proto"


def main(out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(protos.glob("coder/aibridge/v1/*.proto"))
    well_known = Path(protoc.__file__).parent / "_proto"
    return protoc.main(
        [
            "protoc",
            f"-I{protos}",
            f"-I{well_known}",
            f"--python_out={out}",
            f"--pyi_out={out}",
            f"--grpc_python_out={out}",
            *map(str, files),
        ]
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else here / "gen"))
