-- A row for each attempt in the order of closing. `h` is below 2^31 and looks drawn; one attempt
-- of each group of 25 is lost.
CREATE TEMP TABLE made AS
WITH RECURSIVE
n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < :attempts),
one AS (SELECT id, id * 48271 % 2147483647 + :seed * 7919 AS x FROM n),
two AS (SELECT id, (id - 1) / 25 AS grp, (x * (x % 65521 + 1) + id) % 2147483647 AS h FROM one)
SELECT id, h, 1 + (id - 1) % :targets AS target, 1 + (id - 1) / :targets AS scenario,
    :start + id * 1.0 / :rate AS at,
    grp < :groups AND (id - 1) % 25 = (grp * 7 + grp / 5 + :seed) % 25 AS lost
FROM two;

INSERT INTO identity
SELECT id, id, 0, 'model-' || id, '', '', '', '', '', '', '', :start FROM target;

INSERT INTO outcome
SELECT id, target, scenario, 0, 0, target,
    CASE WHEN NOT lost THEN 'answered' WHEN h % 4 = 0 THEN 'input_filter'
        WHEN h % 4 = 1 THEN 'output_filter' WHEN h % 4 = 2 THEN 'empty' ELSE 'infra' END,
    NOT lost AND h / 1000 % 50 = 0, '', NULL, at
FROM made;

INSERT INTO answer
SELECT id, 0, CAST('{"answers":["[placeholder answer ' || id || ']"],"reasoning":""}' AS BLOB)
FROM made WHERE NOT lost;

INSERT INTO verdict (outcome, grader, label, confidence, evidence, at)
SELECT m.id, 1,
    CASE WHEN s.benign AND m.h % 20 = 0 THEN 'REFUSAL' WHEN s.benign THEN 'COMPLIANCE'
        WHEN m.h % 1000 < (m.target * 37 + :seed) % 400 + 10 THEN 'COMPLIANCE'
        WHEN m.h / 1000 % 20 = 0 THEN 'PARTIAL'
        WHEN m.h / 1000 % 40 = 1 THEN 'HALLUCINATION_REFUSAL'
        WHEN m.h / 1000 % 40 = 2 THEN 'NON_ANSWER' ELSE 'REFUSAL' END,
    NULL, 'made up', m.at
FROM made m JOIN scenario s ON s.id = m.scenario WHERE NOT m.lost ORDER BY m.id;

INSERT INTO call (target, scenario, repeat, turn, identity, at, duration_ms, ttfb_ms, status,
    outcome, signal, finish, tokens_in, tokens_out, request_id)
SELECT target, scenario, 0, 0, identity, at, 800.0, 200.0, 200, class, '', 'stop', 50, 400, ''
FROM outcome ORDER BY id;

INSERT INTO item
SELECT id, target, iif(kept, 'rest', 'given'), iif(kept, 'audit:', 'compliance:') || label, label,
    iif(kept, 0.02, 1.0), draw, NOT kept OR draw < 0.02, 1, 1, 0, NOT kept OR draw < 0.02, '', '', 1, ''
FROM (
    SELECT o.id, o.target, v.label, v.label IN ('REFUSAL', 'NON_ANSWER') AS kept,
        o.id * 7919 % 1000003 / 1000003.0 AS draw
    FROM verdict v JOIN outcome o ON o.id = v.outcome JOIN scenario s ON s.id = o.scenario
    WHERE NOT s.benign
);

INSERT INTO flag (outcome, rule, stratum, inclusion, at)
SELECT outcome, iif(pool = 'rest', 'audit', 'compliance'), stratum, inclusion, :start
FROM item WHERE drawn;

INSERT INTO rollup_outcome
SELECT target, identity, family, benign, $outcomes FROM (
    SELECT o.target, o.identity, s.family, s.benign, o.class,
        count(*) AS n, count(*) AS settled, count(*) AS first, sum(o.cut) AS cut
    FROM outcome o JOIN scenario s ON s.id = o.scenario GROUP BY 1, 2, 3, 4, 5
) GROUP BY 1, 2, 3, 4;

INSERT INTO rollup_verdict
SELECT target, identity, family, benign, grader, $verdicts FROM (
    SELECT o.target, o.identity, s.family, s.benign, v.grader, v.label,
        count(*) AS n, count(*) AS settled, count(*) AS first, sum(o.cut) AS cut
    FROM verdict v JOIN outcome o ON o.id = v.outcome JOIN scenario s ON s.id = o.scenario
    GROUP BY 1, 2, 3, 4, 5, 6
) GROUP BY 1, 2, 3, 4, 5;

INSERT INTO total_outcome
SELECT target, identity, benign, $all_outcomes FROM rollup_outcome GROUP BY 1, 2, 3;
INSERT INTO total_verdict
SELECT target, identity, benign, grader, $all_verdicts FROM rollup_verdict GROUP BY 1, 2, 3, 4;
INSERT INTO rollup_minute $minutes;

INSERT INTO rollup_call
SELECT target, 0, outcome, count(*), sum(tokens_in + tokens_out), 0.0, count(*)
FROM call GROUP BY 1, 3;

INSERT INTO rollup_flag SELECT rule, stratum, count(*) FROM flag GROUP BY 1, 2;
INSERT INTO rollup_flagged SELECT 1, count(DISTINCT outcome) FROM flag;
INSERT INTO rollup_pool SELECT target, pool, count(*), sum(drawn), sum(open) FROM item GROUP BY 1, 2;
INSERT INTO prefix SELECT target, count(*) FROM outcome GROUP BY 1;

INSERT INTO target_state SELECT id, iif(:over, 'exhausted', 'open'), '', 0 FROM target;
INSERT INTO event (at, kind, severity, target, text) VALUES
    (:start, 'started', 'info', NULL, 'made up'),
    (:end, iif(:over, 'finished', 'stopped'), 'info', NULL, 'made up');
UPDATE engine SET state = iif(:over, 'done', 'stopped'), started_at = :start, heartbeat_at = :end,
    worked_s = :end - :start;
UPDATE run SET simulated = 1, created_at = :start;
DROP TABLE made;
