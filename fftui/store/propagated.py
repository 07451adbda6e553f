"""Labels that go from an answer that was read to answers in the same words that were not.

They are for exports and lists of answers alone. In the rates a cluster counts as the items that
people read, since what was not read was drawn by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from fftui.domain.labels import Label
from fftui.store.clusters import ALIKE
from fftui.store.reader import Reader

_PROPAGATED = f"""
WITH said AS (
    SELECT o.target, o.mark, min(i.final) AS final FROM item i JOIN outcome o ON o.id = i.outcome
    WHERE i.final <> '' AND i.blind AND o.mark IS NOT NULL
    GROUP BY 1, 2 HAVING count(DISTINCT i.final) = 1
)
SELECT i.outcome, s.final FROM said s
JOIN cluster c ON c.target = s.target AND c.mark = s.mark AND c.n >= {ALIKE}
JOIN outcome o ON o.target = s.target AND o.mark = s.mark
JOIN item i ON i.outcome = o.id
WHERE i.votes = 0 AND NOT i.open
AND NOT EXISTS (SELECT 1 FROM vote v WHERE v.outcome = i.outcome) ORDER BY i.outcome
"""


def propagated(reader: Reader) -> Iterator[tuple[int, Label]]:
    """(outcome, label) of each answer that nobody is to read and whose words were read elsewhere.

    Only within a target, only where all that was read of a cluster was found to be the same.
    Grows with the run.
    """
    for outcome, final in reader.db.execute(_PROPAGATED).fetchall():
        yield outcome, Label(final)
