-- What everything else rests on: the epoch, keys, answers already given.

CREATE TABLE epoch (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    value BIGINT NOT NULL
);
INSERT INTO epoch (one, value) VALUES (1, 0);

-- advisory NULL: everything may have changed
CREATE TABLE epoch_change (
    epoch    BIGINT NOT NULL,
    advisory @text
);
CREATE INDEX epoch_change_epoch ON epoch_change (epoch);

CREATE TABLE api_key (
    id            @text PRIMARY KEY,
    name          @text NOT NULL,
    kind          @text NOT NULL,
    scopes        @text NOT NULL,
    issuers       @text NOT NULL,
    hash          @text NOT NULL,
    -- the secret before the last rotation, and until when it still opens
    old_hash      @text,
    old_until     BIGINT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT,
    last_used_at  BIGINT,
    revoked_at    BIGINT
);

-- one row per (principal, Idempotency-Key); status NULL: the first request is under way until taken_until
CREATE TABLE idempotency (
    principal    @text NOT NULL,
    name         @text NOT NULL,
    fingerprint  @text NOT NULL,
    claim        @text NOT NULL,
    -- the id of what the request makes: whoever does it again finds it
    makes        @text NOT NULL,
    taken_until  BIGINT NOT NULL,
    status       BIGINT,
    headers      @text,
    body         @text,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (principal, name)
);
CREATE INDEX idempotency_expires ON idempotency (expires_at);

-- written where a write has failed, to see whether the disk takes it again
CREATE TABLE disk_trial (
    one     BIGINT PRIMARY KEY CHECK (one = 1),
    written BIGINT NOT NULL
);
INSERT INTO disk_trial (one, written) VALUES (1, 0);
