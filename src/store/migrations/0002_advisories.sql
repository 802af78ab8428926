-- What issuers say: every revision, from the data folder and from those who publish, as the Feature it was written as.

CREATE TABLE revision (
    advisory     @text NOT NULL,
    number       BIGINT NOT NULL,
    kind         @text NOT NULL,
    -- file or api; of a file its path below the data folder, of the API the key that published
    origin       @text NOT NULL,
    file         @text,
    published_by @text,
    -- the id under which the request that published it may be sent again
    request      @text,
    published_at BIGINT NOT NULL,
    valid_from   BIGINT NOT NULL,
    valid_to     BIGINT,
    -- when and by which epoch it came to be known here
    recorded_at  BIGINT NOT NULL,
    epoch        BIGINT NOT NULL,
    document     @text NOT NULL,
    digest       @text NOT NULL,
    PRIMARY KEY (advisory, number)
);
CREATE UNIQUE INDEX revision_request ON revision (request) WHERE request IS NOT NULL;
CREATE INDEX revision_valid_from ON revision (valid_from);
CREATE INDEX revision_valid_to ON revision (valid_to);

-- what revisions rest on, as of the last time the data folder was read: issuers, places, what is known completely
CREATE TABLE ground (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    digest @text NOT NULL
);

-- up to when effective instants have moved the epoch
CREATE TABLE effective (
    one       BIGINT PRIMARY KEY CHECK (one = 1),
    passed_at BIGINT NOT NULL
);
