-- Who and what is watched, and who wants to be told.

CREATE TABLE traveller (
    id          @text PRIMARY KEY,
    -- of the secret that opens it
    token_hash  @text NOT NULL UNIQUE,
    kind        @text NOT NULL,
    -- the key that registered it; NULL: the traveller did
    owner       @text,
    -- JSON: nationalities, purpose, permits
    profile     @text NOT NULL,
    lang        @text NOT NULL,
    revision    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    -- written at most once a day
    seen_at     BIGINT NOT NULL
);
CREATE INDEX traveller_owner ON traveller (owner, id);
CREATE INDEX traveller_seen ON traveller (seen_at);

-- Subjects lie in shards by their traveller, bookings by themselves. Whoever writes a subject holds its shard's row: seq is in the order of commits.
CREATE TABLE shard (
    id    BIGINT PRIMARY KEY,
    -- every subject of the shard is matched at least up to this
    epoch BIGINT NOT NULL,
    -- of the last change of what lies where
    seq   BIGINT NOT NULL
);
INSERT INTO shard (id, epoch, seq)
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 63) SELECT n, 0, 0 FROM numbers;

CREATE TABLE subject (
    id          @text PRIMARY KEY,
    -- whose trip or position it is
    traveller   @text REFERENCES traveller (id) ON DELETE CASCADE,
    -- of which validation it is a booking (0005), and which
    validation  @text,
    number      BIGINT,
    kind        @text NOT NULL,
    -- trip, position, booking
    concern     @text NOT NULL,
    shard       BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    -- matched at
    epoch       BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    -- JSON: a trip as it was sent, what is known of a position, or what was told of a booking
    document    @text NOT NULL,
    -- JSON: what a routing engine said of a trip's legs; and whether it did not answer
    ways        @text NOT NULL DEFAULT '{}',
    unrouted    BIGINT NOT NULL DEFAULT 0,
    -- where it is, quick to read
    places      @text NOT NULL,
    -- JSON: what concerns it, and what will and is announced
    matches     @text NOT NULL,
    upcoming    @text NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    -- not watched from then on
    ends_at     BIGINT NOT NULL
);
CREATE INDEX subject_traveller ON subject (traveller, id);
CREATE UNIQUE INDEX subject_booking ON subject (validation, number) WHERE validation IS NOT NULL;
CREATE UNIQUE INDEX subject_position ON subject (traveller) WHERE concern = 'position';
CREATE INDEX subject_seq ON subject (shard, seq);
CREATE INDEX subject_ends ON subject (ends_at);
CREATE INDEX subject_unrouted ON subject (id) WHERE unrouted = 1;

CREATE TABLE subscription (
    id           @text PRIMARY KEY,
    traveller    @text NOT NULL REFERENCES traveller (id) ON DELETE CASCADE,
    kind         @text NOT NULL,
    -- web_push, webhook
    channel      @text NOT NULL,
    -- what shares a fate when sending
    lane         @text,
    endpoint     @text,
    p256dh       @text,
    auth         @text,
    vapid_key    @text,
    webhook      @text,
    lang         @text NOT NULL,
    min_severity BIGINT NOT NULL,
    -- JSON; empty: all that the traveller listens to
    issuers      @text NOT NULL,
    upcoming     BIGINT NOT NULL,
    -- active, must_resubscribe, gone
    state        @text NOT NULL,
    -- answers 404 in a row
    missed       BIGINT NOT NULL,
    revision     BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX subscription_endpoint ON subscription (traveller, endpoint) WHERE endpoint IS NOT NULL;
CREATE INDEX subscription_traveller ON subscription (traveller, id);
CREATE INDEX subscription_vapid_key ON subscription (vapid_key) WHERE vapid_key IS NOT NULL;
CREATE INDEX subscription_webhook ON subscription (webhook) WHERE webhook IS NOT NULL;
