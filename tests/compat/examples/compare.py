"""Compares what `record.py` and `run-tradewind.ts` wrote, and prints a table.

    python compare.py REAL OURS          exit code 1 where something differs that `differences.py` does not allow
"""

import fnmatch
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "python"))

from differences import ALLOWED  # noqa: E402
from structure import plain  # noqa: E402


def load(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def decoded(record):
    """XComs of Tradewind as the values that a task would get."""
    from tradewind.xcom import decode_json

    return {name: plain(_value(decode_json, value)) for name, value in record.get("xcoms", {}).items()}


def _value(decode, value):
    try:
        return decode(value)
    except Exception as error:
        return f"<cannot be read: {error}>"


def differing(real, ours, place=""):
    """(place, real, ours) of each leaf that is not equal; a dict's missing key counts as None."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted({*real, *ours}):
            yield from differing(real.get(key), ours.get(key), f"{place}.{key}" if place else key)
    elif real != ours:
        yield place, real, ours


def filled(rendered):
    """Tradewind stores no field that has no value."""
    fields = {name: {key: value for key, value in one.items() if value not in (None, [], {}, "")} for name, one in (rendered or {}).items()}
    return {name: one for name, one in fields.items() if one}


def compare(dag_id, real, ours, structure):
    """Differences of one Dag; the parts are structure, state, states, tries, xcoms, rendered."""
    found = []
    if structure is None:
        found.append(("structure", "a Dag", "none"))
    else:
        found.extend(differing(real["structure"], structure, "structure"))
    if "state" in real:
        if ours is None:
            found.append(("state", real["state"], "not run"))
            return found
        real = {**real, "rendered": filled(real.get("rendered"))}
        ours = {**ours, "xcoms": decoded(ours), "rendered": filled(ours.get("rendered"))}
        for part in ("state", "states", "tries", "xcoms", "rendered"):
            found.extend(differing(real.get(part), ours.get(part), part))
    return found


def reason(dag_id, place, real, ours):
    for dag, pattern, why, *only_if in ALLOWED:
        if fnmatch.fnmatchcase(dag_id, dag) and fnmatch.fnmatchcase(place, pattern) and all(holds(real, ours) for holds in only_if):
            return why
    return None


def main(real_folder, ours_folder, *only):
    agree = allowed_count = 0
    failed = []
    for name in sorted(os.listdir(real_folder)):
        dag_id = name[: -len(".json")]
        if not name.endswith(".json") or dag_id == "import-errors" or (only and dag_id not in only):
            continue
        real = load(os.path.join(real_folder, name))
        ours = load(os.path.join(ours_folder, name))
        structure = load(os.path.join(ours_folder, f"{dag_id}.structure.json"))
        found = compare(dag_id, real, ours, structure)
        open_ones = [one for one in found if reason(dag_id, *one) is None]
        allowed_count += len(found) - len(open_ones)
        verdict = "agree" if not found else "agree, with reasons" if not open_ones else "DIFFER"
        if open_ones:
            failed.append(dag_id)
        else:
            agree += 1
        print(f"{dag_id:60} {real.get('state') or 'structure only':16} {len(real['structure']['tasks']):4} tasks  {verdict}")
        for place, theirs, mine in open_ones:
            print(f"    {place}\n        Airflow:   {_short(theirs)}\n        Tradewind: {_short(mine)}")
    total = agree + len(failed)
    print(f"\n{total} Dags: {agree} agree ({allowed_count} differences with a reason), {len(failed)} differ")
    return 1 if failed else 0


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
