"""What may differ between the real Airflow and Tradewind, each with its reason.

An entry is (Dag or "*", path, reason): path is a pattern of fnmatch over places such as `structure.tasks.t.ui_color`,
`state`, `states.t`, `tries.t`, `xcoms.t key` and `rendered.t.field`.
"""

ALLOWED = []
