"`python -m moe_llava_kit …` is the `moe-llava-kit` command, for launchers that start modules."
import sys
from .cli import main

if __name__ == '__main__': sys.exit(main())
