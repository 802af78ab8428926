-- Booking files that are validated: the file's bookings as they were sent, and what became of each.

CREATE TABLE validation (
    id           @text PRIMARY KEY,
    -- the key it was sent with; NULL: nobody's
    owner        @text,
    -- actual, exercise: as the key
    kind         @text NOT NULL,
    state        @text NOT NULL,
    policy       @text NOT NULL,
    notes        @text NOT NULL,
    input_sha256 @text NOT NULL,
    as_of        BIGINT NOT NULL,
    epoch        BIGINT,
    total        BIGINT NOT NULL,
    done         BIGINT NOT NULL,
    tally        @text NOT NULL,
    -- whether its bookings are to be watched, and how many of them were looked at for it
    watch        BIGINT NOT NULL,
    watched      BIGINT NOT NULL,
    -- whoever works on it has it until then
    taken_until  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    finished_at  BIGINT
);
CREATE INDEX validation_state ON validation (state, taken_until);
CREATE INDEX validation_created ON validation (created_at);
CREATE INDEX validation_owner ON validation (owner, id);
CREATE INDEX validation_watch ON validation (id) WHERE watch = 1;

-- result NULL: still to be done
CREATE TABLE validation_booking (
    validation @text NOT NULL,
    number     BIGINT NOT NULL,
    text       @text NOT NULL,
    verdict    @text,
    action     @text,
    result     @text,
    -- the same as rows of a table
    csv        @text,
    PRIMARY KEY (validation, number)
);
CREATE INDEX validation_booking_action ON validation_booking (validation, action, number);

-- what a key does at which verdict where a request does not say
CREATE TABLE validation_policy (
    owner    @text PRIMARY KEY,
    document @text NOT NULL
);
