import sys

from bench.gpu.command import main

main(sys.argv[1:])
