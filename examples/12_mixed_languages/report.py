"""A script, as one would run it by hand: python report.py --title Iris"""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--title", required=True)
print(f"# {parser.parse_args().title}")
