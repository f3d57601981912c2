-- A photo that a caller gave us. `state` is what its records add up to.
CREATE TABLE photos (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT,
    url TEXT,
    media TEXT,
    len BIGINT NOT NULL,
    options TEXT NOT NULL,
    input_key TEXT NOT NULL,
    idem_key TEXT,
    idem_digest TEXT,
    webhook TEXT,
    state TEXT NOT NULL,
    seq BIGINT NOT NULL,
    wanted BIGINT NOT NULL,
    given_up BIGINT NOT NULL,
    owner TEXT,
    lease_until BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    aborts BIGINT NOT NULL,
    job_id TEXT,
    accepted_at BIGINT,
    poll_epoch BIGINT NOT NULL,
    progress BIGINT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX photos_once ON photos (tenant, idem_key);
CREATE INDEX photos_work ON photos (state, not_before, id);
CREATE INDEX photos_list ON photos (tenant, id);

-- The core's journal, one record a row, and what people decided.
CREATE TABLE records (
    photo_id TEXT NOT NULL REFERENCES photos (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    record TEXT,
    detail TEXT,
    PRIMARY KEY (photo_id, seq)
);

-- Each upload that may have been paid for. An attempt has one owner, on all machines.
CREATE TABLE intents (
    photo_id TEXT NOT NULL REFERENCES photos (id),
    attempt BIGINT NOT NULL,
    owner TEXT NOT NULL,
    at BIGINT NOT NULL,
    outcome TEXT,
    PRIMARY KEY (photo_id, attempt)
);
CREATE INDEX intents_open ON intents (owner) WHERE outcome IS NULL;

-- Results that are whole on disk.
CREATE TABLE results (
    photo_id TEXT NOT NULL REFERENCES photos (id),
    variation TEXT NOT NULL,
    file TEXT NOT NULL,
    media TEXT NOT NULL,
    len BIGINT NOT NULL,
    PRIMARY KEY (photo_id, variation)
);

-- The one account of all machines: its budget, its pause, its stop.
CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    next_slot_us BIGINT NOT NULL,
    paused_until BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    stopped TEXT
);
INSERT INTO account VALUES (1, 0, 0, 0, NULL);

-- Who polls: a leader's writes carry its epoch, and an old epoch changes nothing.
CREATE TABLE leader (
    id BIGINT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    holder TEXT
);
INSERT INTO leader VALUES (1, 0, NULL);

-- The processes that are alive, by their own word.
CREATE TABLE processes (
    id TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

-- Webhooks: the row is written with the transition that it tells of.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    photo_id TEXT NOT NULL REFERENCES photos (id),
    url TEXT NOT NULL,
    receiver TEXT NOT NULL,
    body TEXT NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    ended TEXT,
    reason TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at) WHERE ended IS NULL;
