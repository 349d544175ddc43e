"""How a command may end after a fault."""

import re

from children import Ended


def stopped_in_one_line(ended: Ended) -> bool:
    """Whether it failed with one line for the user and no traceback; what went well may be told before."""
    complaints = [line for line in ended.text.splitlines() if line.startswith("dcanet: ")]
    meanwhile = [line for line in complaints if re.search("; (trying the state|starting afresh)", line)]
    return ended.code == 1 and "Traceback" not in ended.text and len(complaints) == len(meanwhile) + 1
