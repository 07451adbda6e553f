-- One run in one file. Every table but those marked "state" is append-only; what is shown is read
-- from the rollups, which the same transaction keeps equal to GROUP BY over the rows.

CREATE TABLE run (                         -- one row
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uuid TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    seed INTEGER NOT NULL,
    repeats INTEGER NOT NULL,
    taxonomy TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    note TEXT NOT NULL,
    compress INTEGER NOT NULL,
    imported TEXT NOT NULL                 -- the tool whose log this was; empty for a run of ours
) STRICT;

CREATE TABLE plan (                        -- the plan and each later extension of it
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    by TEXT NOT NULL,
    source TEXT NOT NULL,
    toml TEXT NOT NULL,
    resolved TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    fftui TEXT NOT NULL,
    versions TEXT NOT NULL
) STRICT;

CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL REFERENCES plan,
    path TEXT NOT NULL,
    role TEXT NOT NULL,
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE block (                       -- scenarios added together; each block has its own order
    id INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL REFERENCES plan,
    first INTEGER NOT NULL,
    size INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    benign INTEGER NOT NULL                -- so many of its scenarios are benign
) STRICT;

CREATE TABLE family (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Ids follow the block's seeded order, so (block, repeat, id) is the plan order of every target
-- and no work list is stored.
CREATE TABLE scenario (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    family INTEGER NOT NULL REFERENCES family,
    benign INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE scenario_text (scenario INTEGER PRIMARY KEY REFERENCES scenario, enc INTEGER NOT NULL, body BLOB NOT NULL) STRICT;

CREATE TABLE target (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    maker TEXT NOT NULL,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    spec TEXT NOT NULL,
    added_at REAL NOT NULL
) STRICT;

CREATE TABLE grader (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    spec TEXT NOT NULL,
    planned INTEGER NOT NULL,              -- an attempt is closed only when all planned graders were heard
    basis INTEGER NOT NULL,                -- the one grader whose verdicts the rates use
    added_at REAL NOT NULL
) STRICT;

-- Stored answers that a grader is to be heard on although no plan asks for it, and changes of the
-- grader that the rates are read from.
CREATE TABLE regrade (
    id INTEGER PRIMARY KEY,
    grader INTEGER NOT NULL REFERENCES grader,
    kind TEXT NOT NULL,                    -- 'layer': answers up to `upto`; 'basis': it took over
    upto INTEGER NOT NULL,                 -- id of an outcome; 0 for 'basis'
    by TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;

CREATE TABLE identity (                    -- who answered; never pooled silently
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL,               -- 0 where a judge answered
    grader INTEGER NOT NULL,               -- 0 where a target answered
    model TEXT NOT NULL,
    upstream TEXT NOT NULL,
    digest TEXT NOT NULL,
    quantisation TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    parameters TEXT NOT NULL,
    template TEXT NOT NULL,
    server TEXT NOT NULL,
    first_at REAL NOT NULL,
    UNIQUE (target, grader, model, upstream, digest, quantisation, fingerprint, parameters, template, server)
) STRICT;

CREATE TABLE call (                        -- every HTTP call, good or bad
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL REFERENCES target,
    scenario INTEGER NOT NULL REFERENCES scenario,
    repeat INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    grader INTEGER REFERENCES grader,      -- NULL: the target was asked
    identity INTEGER REFERENCES identity,
    at REAL NOT NULL,
    duration_ms REAL NOT NULL,
    ttfb_ms REAL,
    status INTEGER,
    outcome TEXT NOT NULL,
    signal TEXT NOT NULL,
    finish TEXT NOT NULL,
    tokens_in INTEGER,
    tokens_out INTEGER,
    cost_usd REAL,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX call_of ON call (target, scenario, repeat);

-- The terminal outcome of an attempt. `round` counts the times a person put it back; an outcome is
-- in force while `put_back` does not name it. `mark` is a hash of a short answer's letters.
CREATE TABLE outcome (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL REFERENCES target,
    scenario INTEGER NOT NULL REFERENCES scenario,
    repeat INTEGER NOT NULL,
    round INTEGER NOT NULL DEFAULT 0,
    identity INTEGER NOT NULL REFERENCES identity,
    class TEXT NOT NULL,
    cut INTEGER NOT NULL,
    signal TEXT NOT NULL,
    mark INTEGER,
    at REAL NOT NULL,
    UNIQUE (target, scenario, repeat, round)
) STRICT;

CREATE TABLE put_back (
    id INTEGER PRIMARY KEY,
    outcome INTEGER NOT NULL UNIQUE REFERENCES outcome,
    by TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE VIEW in_force AS SELECT * FROM outcome WHERE id NOT IN (SELECT outcome FROM put_back);

CREATE TABLE answer (outcome INTEGER PRIMARY KEY REFERENCES outcome, enc INTEGER NOT NULL, body BLOB NOT NULL) STRICT;

CREATE TABLE verdict (
    id INTEGER PRIMARY KEY,
    outcome INTEGER NOT NULL REFERENCES outcome,
    grader INTEGER NOT NULL REFERENCES grader,
    label TEXT,                            -- NULL: the grader's reply was unusable, see evidence
    confidence REAL,
    evidence TEXT NOT NULL,
    at REAL NOT NULL,
    UNIQUE (outcome, grader)
) STRICT;

CREATE TABLE flag (
    id INTEGER PRIMARY KEY,
    outcome INTEGER NOT NULL REFERENCES outcome,
    rule TEXT NOT NULL,
    stratum TEXT NOT NULL,
    inclusion REAL NOT NULL,
    at REAL NOT NULL,
    UNIQUE (outcome, rule)
) STRICT;

-- Every graded attack, and whether it is to be read. What it is and when it comes is fixed when it is
-- graded; where it stands follows from the votes in force.
CREATE TABLE item (
    outcome INTEGER PRIMARY KEY REFERENCES outcome,
    target INTEGER NOT NULL,
    pool TEXT NOT NULL, stratum TEXT NOT NULL, machine TEXT NOT NULL,
    inclusion REAL NOT NULL, draw REAL NOT NULL, drawn INTEGER NOT NULL,
    planned INTEGER NOT NULL,              -- readings
    wanted INTEGER NOT NULL, votes INTEGER NOT NULL, -- blind readings: that should be, that are in force
    open INTEGER NOT NULL,
    final TEXT NOT NULL, source TEXT NOT NULL,
    blind INTEGER NOT NULL,                -- what it came to was found by people who knew the text alone
    pair TEXT NOT NULL                     -- what the first two blind readers said, `A|B`; '' before
) STRICT;
CREATE INDEX item_open ON item (target, pool, draw) WHERE open;
CREATE INDEX item_unresolved ON item (open) WHERE source = 'unresolved';
CREATE INDEX item_settled ON item (draw) WHERE source IN ('unanimous', 'adjudicated') AND blind;

CREATE TABLE reviewer (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first_at REAL NOT NULL) STRICT;

CREATE TABLE gold (                        -- answers of a file whose labels are known: no rate has them
    sha256 TEXT PRIMARY KEY,               -- of what is read
    label TEXT NOT NULL,                   -- replaced where a later file says otherwise
    enc INTEGER NOT NULL, body BLOB NOT NULL,
    by TEXT NOT NULL, at REAL NOT NULL
) STRICT;

-- Everything that a reviewer did, in order. `undoes` names the event that it takes back.
CREATE TABLE review (
    id INTEGER PRIMARY KEY,
    outcome INTEGER REFERENCES outcome,    -- NULL: about the session
    reviewer INTEGER NOT NULL REFERENCES reviewer,
    session TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT,                            -- of a reading; NULL: unsure
    blind INTEGER NOT NULL,
    body TEXT NOT NULL,                    -- JSON, see store.reviews
    undoes INTEGER UNIQUE REFERENCES review,
    at REAL NOT NULL
) STRICT;
CREATE INDEX review_of ON review (outcome, reviewer, id);
CREATE INDEX review_by ON review (reviewer, id);
CREATE INDEX review_control ON review (reviewer, outcome) WHERE kind = 'control';

CREATE TABLE event (                       -- the run's log
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    target INTEGER REFERENCES target,
    text TEXT NOT NULL
) STRICT;

-- Rollups of outcomes and verdicts. A row has four columns for each class or label: all rows, those
-- inside the target's settled prefix, the first repeats among these, and all whose answer was cut.
-- `unusable` are replies of a grader without a label.
CREATE TABLE rollup_outcome (
    target INTEGER NOT NULL, identity INTEGER NOT NULL, family INTEGER NOT NULL, benign INTEGER NOT NULL,
    answered INTEGER NOT NULL, answered_settled INTEGER NOT NULL, answered_first INTEGER NOT NULL, answered_cut INTEGER NOT NULL,
    empty INTEGER NOT NULL, empty_settled INTEGER NOT NULL, empty_first INTEGER NOT NULL, empty_cut INTEGER NOT NULL,
    input_filter INTEGER NOT NULL, input_filter_settled INTEGER NOT NULL, input_filter_first INTEGER NOT NULL, input_filter_cut INTEGER NOT NULL,
    output_filter INTEGER NOT NULL, output_filter_settled INTEGER NOT NULL, output_filter_first INTEGER NOT NULL, output_filter_cut INTEGER NOT NULL,
    rate_limited INTEGER NOT NULL, rate_limited_settled INTEGER NOT NULL, rate_limited_first INTEGER NOT NULL, rate_limited_cut INTEGER NOT NULL,
    quota INTEGER NOT NULL, quota_settled INTEGER NOT NULL, quota_first INTEGER NOT NULL, quota_cut INTEGER NOT NULL,
    infra INTEGER NOT NULL, infra_settled INTEGER NOT NULL, infra_first INTEGER NOT NULL, infra_cut INTEGER NOT NULL,
    config INTEGER NOT NULL, config_settled INTEGER NOT NULL, config_first INTEGER NOT NULL, config_cut INTEGER NOT NULL,
    PRIMARY KEY (target, identity, family, benign)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_verdict (
    target INTEGER NOT NULL, identity INTEGER NOT NULL, family INTEGER NOT NULL, benign INTEGER NOT NULL, grader INTEGER NOT NULL,
    compliance INTEGER NOT NULL, compliance_settled INTEGER NOT NULL, compliance_first INTEGER NOT NULL, compliance_cut INTEGER NOT NULL,
    partial INTEGER NOT NULL, partial_settled INTEGER NOT NULL, partial_first INTEGER NOT NULL, partial_cut INTEGER NOT NULL,
    hallucination_refusal INTEGER NOT NULL, hallucination_refusal_settled INTEGER NOT NULL, hallucination_refusal_first INTEGER NOT NULL, hallucination_refusal_cut INTEGER NOT NULL,
    refusal INTEGER NOT NULL, refusal_settled INTEGER NOT NULL, refusal_first INTEGER NOT NULL, refusal_cut INTEGER NOT NULL,
    non_answer INTEGER NOT NULL, non_answer_settled INTEGER NOT NULL, non_answer_first INTEGER NOT NULL, non_answer_cut INTEGER NOT NULL,
    benign_query INTEGER NOT NULL, benign_query_settled INTEGER NOT NULL, benign_query_first INTEGER NOT NULL, benign_query_cut INTEGER NOT NULL,
    not_gradeable INTEGER NOT NULL, not_gradeable_settled INTEGER NOT NULL, not_gradeable_first INTEGER NOT NULL, not_gradeable_cut INTEGER NOT NULL,
    unusable INTEGER NOT NULL, unusable_settled INTEGER NOT NULL, unusable_first INTEGER NOT NULL, unusable_cut INTEGER NOT NULL,
    PRIMARY KEY (target, identity, family, benign, grader)
) STRICT, WITHOUT ROWID;

-- The two above, all families together: what each look at a run reads, however long it is.
CREATE TABLE total_outcome (
    target INTEGER NOT NULL, identity INTEGER NOT NULL, benign INTEGER NOT NULL,
    answered INTEGER NOT NULL, answered_settled INTEGER NOT NULL, answered_first INTEGER NOT NULL, answered_cut INTEGER NOT NULL,
    empty INTEGER NOT NULL, empty_settled INTEGER NOT NULL, empty_first INTEGER NOT NULL, empty_cut INTEGER NOT NULL,
    input_filter INTEGER NOT NULL, input_filter_settled INTEGER NOT NULL, input_filter_first INTEGER NOT NULL, input_filter_cut INTEGER NOT NULL,
    output_filter INTEGER NOT NULL, output_filter_settled INTEGER NOT NULL, output_filter_first INTEGER NOT NULL, output_filter_cut INTEGER NOT NULL,
    rate_limited INTEGER NOT NULL, rate_limited_settled INTEGER NOT NULL, rate_limited_first INTEGER NOT NULL, rate_limited_cut INTEGER NOT NULL,
    quota INTEGER NOT NULL, quota_settled INTEGER NOT NULL, quota_first INTEGER NOT NULL, quota_cut INTEGER NOT NULL,
    infra INTEGER NOT NULL, infra_settled INTEGER NOT NULL, infra_first INTEGER NOT NULL, infra_cut INTEGER NOT NULL,
    config INTEGER NOT NULL, config_settled INTEGER NOT NULL, config_first INTEGER NOT NULL, config_cut INTEGER NOT NULL,
    PRIMARY KEY (target, identity, benign)
) STRICT, WITHOUT ROWID;
CREATE TABLE total_verdict (
    target INTEGER NOT NULL, identity INTEGER NOT NULL, benign INTEGER NOT NULL, grader INTEGER NOT NULL,
    compliance INTEGER NOT NULL, compliance_settled INTEGER NOT NULL, compliance_first INTEGER NOT NULL, compliance_cut INTEGER NOT NULL,
    partial INTEGER NOT NULL, partial_settled INTEGER NOT NULL, partial_first INTEGER NOT NULL, partial_cut INTEGER NOT NULL,
    hallucination_refusal INTEGER NOT NULL, hallucination_refusal_settled INTEGER NOT NULL, hallucination_refusal_first INTEGER NOT NULL, hallucination_refusal_cut INTEGER NOT NULL,
    refusal INTEGER NOT NULL, refusal_settled INTEGER NOT NULL, refusal_first INTEGER NOT NULL, refusal_cut INTEGER NOT NULL,
    non_answer INTEGER NOT NULL, non_answer_settled INTEGER NOT NULL, non_answer_first INTEGER NOT NULL, non_answer_cut INTEGER NOT NULL,
    benign_query INTEGER NOT NULL, benign_query_settled INTEGER NOT NULL, benign_query_first INTEGER NOT NULL, benign_query_cut INTEGER NOT NULL,
    not_gradeable INTEGER NOT NULL, not_gradeable_settled INTEGER NOT NULL, not_gradeable_first INTEGER NOT NULL, not_gradeable_cut INTEGER NOT NULL,
    unusable INTEGER NOT NULL, unusable_settled INTEGER NOT NULL, unusable_first INTEGER NOT NULL, unusable_cut INTEGER NOT NULL,
    PRIMARY KEY (target, identity, benign, grader)
) STRICT, WITHOUT ROWID;

-- Scenarios (first repeats) of a target that were answered with the same words.
CREATE TABLE cluster (
    mark INTEGER NOT NULL, target INTEGER NOT NULL, n INTEGER NOT NULL,
    head INTEGER REFERENCES outcome,       -- the refusal that is read for all of the cluster
    PRIMARY KEY (mark, target)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_cluster (              -- answers in clusters of at least store.clusters.ALIKE
    target INTEGER PRIMARY KEY, n INTEGER NOT NULL
) STRICT;
CREATE TABLE rollup_shared (               -- answers in words that a target of other weights gave, too
    target INTEGER PRIMARY KEY, n INTEGER NOT NULL
) STRICT;

-- Where scenarios are asked several times: how many of a target's scenarios a grader gave which
-- labels how often. Repeats resemble one another, and this is what tells how much.
CREATE TABLE rollup_scenario (
    target INTEGER NOT NULL, family INTEGER NOT NULL, grader INTEGER NOT NULL, benign INTEGER NOT NULL,
    compliance INTEGER NOT NULL, partial INTEGER NOT NULL, refusal INTEGER NOT NULL,
    hallucination_refusal INTEGER NOT NULL, non_answer INTEGER NOT NULL,
    n INTEGER NOT NULL, settled INTEGER NOT NULL,
    PRIMARY KEY (target, family, grader, benign,
        compliance, partial, refusal, hallucination_refusal, non_answer)
) STRICT, WITHOUT ROWID;
CREATE TABLE total_scenario (              -- the same, all families together
    target INTEGER NOT NULL, grader INTEGER NOT NULL, benign INTEGER NOT NULL,
    compliance INTEGER NOT NULL, partial INTEGER NOT NULL, refusal INTEGER NOT NULL,
    hallucination_refusal INTEGER NOT NULL, non_answer INTEGER NOT NULL,
    n INTEGER NOT NULL, settled INTEGER NOT NULL,
    PRIMARY KEY (target, grader, benign, compliance, partial, refusal, hallucination_refusal, non_answer)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_call (
    target INTEGER NOT NULL, grader INTEGER NOT NULL,                     -- grader 0: the target itself
    outcome TEXT NOT NULL,
    n INTEGER NOT NULL, tokens INTEGER NOT NULL, cost_usd REAL NOT NULL, cost_unknown INTEGER NOT NULL,
    PRIMARY KEY (target, grader, outcome)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_flag (rule TEXT NOT NULL, stratum TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (rule, stratum)) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_flagged (id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL) STRICT;   -- answers with any flag

-- All graded attacks by pool, those that are to be read among them, and those of these that want
-- another reading; and what people said of those with a final label from blind readings.
CREATE TABLE rollup_pool (
    target INTEGER NOT NULL, pool TEXT NOT NULL, size INTEGER NOT NULL, drawn INTEGER NOT NULL,
    open INTEGER NOT NULL,
    PRIMARY KEY (target, pool)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_read (
    target INTEGER NOT NULL, pool TEXT NOT NULL, machine TEXT NOT NULL,
    final TEXT NOT NULL, source TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (target, pool, machine, final, source)
) STRICT, WITHOUT ROWID;

-- Items by what their first two blind readers said, `A|B`: how far people agree.
CREATE TABLE rollup_pair (
    target INTEGER NOT NULL, pair TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (target, pair)
) STRICT, WITHOUT ROWID;

-- Items whose blind readers differ or are unsure and that nobody has decided, or only somebody who
-- knew more than the text: by what two said, `A|B`; '' where more did, or nobody gave a label.
CREATE TABLE rollup_differ (
    target INTEGER NOT NULL, pool TEXT NOT NULL, machine TEXT NOT NULL, said TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (target, pool, machine, said)
) STRICT, WITHOUT ROWID;

-- What each grader said of the items in `rollup_read`.
CREATE TABLE rollup_judged (
    target INTEGER NOT NULL, pool TEXT NOT NULL, grader INTEGER NOT NULL, label TEXT NOT NULL, -- '' stands for unusable
    final TEXT NOT NULL, source TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (target, pool, grader, label, final, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_minute (               -- keyed by epoch minute
    minute INTEGER PRIMARY KEY,
    closed INTEGER NOT NULL, verdicts INTEGER NOT NULL, rate_limited INTEGER NOT NULL, failed INTEGER NOT NULL
) STRICT;

CREATE TABLE prefix (target INTEGER PRIMARY KEY REFERENCES target, settled INTEGER NOT NULL) STRICT;

-- State: rows that are overwritten.
CREATE TABLE engine (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER, state TEXT NOT NULL, reason TEXT NOT NULL,
    started_at REAL, heartbeat_at REAL, worked_s REAL NOT NULL
) STRICT;

CREATE TABLE target_state (
    target INTEGER PRIMARY KEY REFERENCES target,
    state TEXT NOT NULL, reason TEXT NOT NULL, in_flight INTEGER NOT NULL
) STRICT;

CREATE TABLE account_state (               -- what the engine last knew, as JSON of store.rows.AccountState
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE command (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    by TEXT NOT NULL,
    kind TEXT NOT NULL,
    target INTEGER REFERENCES target,
    done_at REAL,
    result TEXT
) STRICT;
CREATE INDEX command_open ON command (id) WHERE done_at IS NULL;

CREATE TABLE vote (                        -- each reader's reading in force
    outcome INTEGER NOT NULL REFERENCES outcome, reviewer INTEGER NOT NULL REFERENCES reviewer,
    review INTEGER NOT NULL REFERENCES review, label TEXT, blind INTEGER NOT NULL,
    PRIMARY KEY (outcome, reviewer)
) STRICT, WITHOUT ROWID;

CREATE INDEX vote_by ON vote (reviewer, review);

CREATE TABLE aside (                       -- what a reader skipped or cannot read
    outcome INTEGER NOT NULL REFERENCES outcome, reviewer INTEGER NOT NULL REFERENCES reviewer,
    times INTEGER NOT NULL,                -- skipped so often
    passed INTEGER NOT NULL,               -- never to be given to this reader
    PRIMARY KEY (outcome, reviewer)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (                       -- who reads what right now; over when `until` has passed
    outcome INTEGER NOT NULL REFERENCES outcome, reviewer INTEGER NOT NULL REFERENCES reviewer,
    token TEXT NOT NULL, until REAL NOT NULL,
    taken REAL NOT NULL,                   -- when it was given; the order in which they are read
    pid INTEGER NOT NULL,                  -- a process that is gone leaves its leases to the next
    PRIMARY KEY (outcome, reviewer)
) STRICT, WITHOUT ROWID;

CREATE TABLE control (                     -- given to measure its reader, and not answered yet
    reviewer INTEGER NOT NULL REFERENCES reviewer,
    outcome INTEGER NOT NULL,              -- 0: a gold item
    gold TEXT NOT NULL,                    -- its SHA-256
    known TEXT NOT NULL, own INTEGER NOT NULL,
    taken REAL NOT NULL, pid INTEGER NOT NULL, -- as of a lease
    PRIMARY KEY (reviewer, outcome, gold)
) STRICT, WITHOUT ROWID;

CREATE TABLE presence (                    -- who looks at the run, and what they had seen
    who TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    seen_at REAL NOT NULL,
    event INTEGER NOT NULL, outcome INTEGER NOT NULL, flag INTEGER NOT NULL
) STRICT;
