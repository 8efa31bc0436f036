-- Samples are appended as chunks, each a few rows of many subjects; a window of two hours that is over is packed into blocks, one a
-- subject. Windows are numbered from 1970; `data` says in its first byte how it is written (src/samples/pack.rs).

CREATE TABLE sets (
    id   INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- `node` is the part of the subjects a chunk may hold (src/samples/place.rs); `level` 0 is as appended, 1 is merged
CREATE TABLE chunks (
    id       INTEGER PRIMARY KEY NOT NULL,
    set_id   INTEGER NOT NULL REFERENCES sets (id),
    node     INTEGER NOT NULL,
    window   INTEGER NOT NULL,
    level    INTEGER NOT NULL,
    rows     INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    data     BLOB NOT NULL
) STRICT;
CREATE INDEX chunks_place ON chunks (set_id, node, window);
CREATE INDEX chunks_window ON chunks (set_id, window, level, rows, first_at);

CREATE TABLE blocks (
    id      INTEGER PRIMARY KEY NOT NULL,
    set_id  INTEGER NOT NULL REFERENCES sets (id),
    window  INTEGER NOT NULL,
    subject BLOB NOT NULL,
    rows    INTEGER NOT NULL,
    data    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX blocks_place ON blocks (set_id, window, subject);

-- what the blocks of a window hold together
CREATE TABLE windows (
    set_id   INTEGER NOT NULL REFERENCES sets (id),
    window   INTEGER NOT NULL,
    rows     INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    PRIMARY KEY (set_id, window)
) STRICT, WITHOUT ROWID;
