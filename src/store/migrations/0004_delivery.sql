-- What is owed to whom, and what happened: deliveries, webhooks, events, the keys that push messages are signed with.
--
-- Read from `subscription` (0003): id, kind, channel (web_push, webhook, stream), lane, endpoint, p256dh, auth, vapid_key, webhook, lang,
-- state (active, must_resubscribe, gone), missed (answers 404 in a row).

-- when the page last showed that it is still there; NULL: when it subscribed
ALTER TABLE subscription ADD COLUMN renewed_at BIGINT;
-- its push service asked not to be sent anything for it before then
ALTER TABLE subscription ADD COLUMN paused_until BIGINT;

-- a text that was sent, once however many got it
CREATE TABLE message (
    digest     @text PRIMARY KEY,
    document   @text NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE delivery (
    id           @text PRIMARY KEY,
    -- who is owed it: a subscription, or a webhook that listens to events
    subscription @text,
    webhook      @text,
    -- what shares a fate: the origin of a push service, or one webhook
    lane         @text NOT NULL,
    -- actual, exercise, test
    kind         @text NOT NULL,
    subject      @text,
    concern      @text,
    advisory     @text,
    revision     BIGINT,
    happening    @text,
    -- alert, upcoming, surfaced, milder, cancelled, all_clear; NULL: about no transition
    owed         @text,
    event        BIGINT,
    severity     BIGINT NOT NULL,
    -- pending, delivered, gone, superseded, failed
    state        @text NOT NULL,
    -- not before; of one under way: when its lease ends
    due_at       BIGINT NOT NULL,
    lease        @text,
    attempts     BIGINT NOT NULL,
    -- those that certainly reached nobody
    refused      BIGINT NOT NULL DEFAULT 0,
    -- asked for the short form
    short        BIGINT NOT NULL,
    deadline     BIGINT NOT NULL,
    -- what is said, frozen at the first attempt
    message      @text,
    -- of an all-clear: what it says still holds
    remains      @text,
    remains_revision BIGINT,
    status       BIGINT,
    reason       @text,
    created_at   BIGINT NOT NULL,
    settled_at   BIGINT
);
-- the next ones of a lane: the gravest first
CREATE INDEX delivery_due ON delivery (lane, severity DESC, due_at, id) WHERE state = 'pending';
-- what was said to a subscription about a subject and an advisory
CREATE INDEX delivery_about ON delivery (subscription, subject, advisory, id);
-- for counting; those pending are counted by `delivery_due`
CREATE INDEX delivery_settled ON delivery (state) WHERE state <> 'pending';
CREATE INDEX delivery_webhook ON delivery (webhook, id) WHERE webhook IS NOT NULL;

-- what the answer to whoever saved a trip said of it: they know it as if it had been sent to them
CREATE TABLE shown (
    subject  @text NOT NULL REFERENCES subject (id) ON DELETE CASCADE,
    advisory @text NOT NULL,
    -- 1: takes effect later
    ahead    BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    severity BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (subject, advisory, ahead)
);

CREATE TABLE webhook (
    id              @text PRIMARY KEY,
    -- the key that made it
    owner           @text NOT NULL,
    kind            @text NOT NULL,
    url             @text NOT NULL,
    -- JSON: the types of events it listens to
    types           @text NOT NULL,
    -- JSON: signing secrets, the newest first, each with the instant at which it ends
    secrets         @text NOT NULL,
    -- active, disabled
    state           @text NOT NULL,
    reason          @text,
    failing_since   BIGINT,
    created_at      BIGINT NOT NULL
);
CREATE INDEX webhook_owner ON webhook (owner, id);

-- numbers are given in the order of commits: whoever takes one holds the row until the end
CREATE TABLE event_counter (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    value BIGINT NOT NULL
);
INSERT INTO event_counter (one, value) VALUES (1, 0);

CREATE TABLE event (
    seq       BIGINT PRIMARY KEY,
    -- its name for good: a number is given again where a backup was restored
    uid       @text NOT NULL,
    at        BIGINT NOT NULL,
    type      @text NOT NULL,
    kind      @text NOT NULL,
    -- whose it is; neither: everybody's
    owner     @text,
    traveller @text,
    -- the trip or position that it happened to
    subject   @text,
    data      @text NOT NULL
);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_traveller ON event (traveller) WHERE traveller IS NOT NULL;

-- the newest is the one to subscribe with; the others sign for the subscriptions made with them
CREATE TABLE vapid_key (
    public     @text PRIMARY KEY,
    private    @text NOT NULL,
    created_at BIGINT NOT NULL
);
