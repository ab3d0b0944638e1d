//! The tables of a state file, and how it is opened.

use super::Error;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The version that this program writes: SQLite's `user_version`.
pub(super) const VERSION: i64 = 1;

/// What marks a database as ours: SQLite's `application_id`, "sigt".
const APPLICATION: i64 = 0x7369_6774;

/// Octets of the header of a database.
const HEADER: u64 = 100;

/// Explained in docs/state.md.
const TABLES: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE history (
    seq  INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    zone TEXT,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX history_by_zone ON history (zone, seq);
CREATE TRIGGER history_is_append_only BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;

CREATE TABLE sets (
    zone       TEXT NOT NULL,
    type       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    records    TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen  TEXT NOT NULL,
    first_hand TEXT,
    first_hand_server TEXT,
    ttl        INTEGER NOT NULL,
    inception  TEXT NOT NULL,
    expiration TEXT NOT NULL,
    signer     TEXT NOT NULL,
    key_tag    INTEGER NOT NULL,
    algorithm  INTEGER NOT NULL,
    server     TEXT NOT NULL,
    resolver   TEXT NOT NULL,
    zone_file  TEXT NOT NULL,
    entry      INTEGER NOT NULL,
    PRIMARY KEY (zone, type, digest)
) WITHOUT ROWID;
CREATE INDEX sets_by_age ON sets (last_seen);
CREATE VIEW current_sets AS
    SELECT * FROM sets AS one WHERE NOT EXISTS (
        SELECT 1 FROM sets AS other
        WHERE other.zone = one.zone AND other.type = one.type
          AND (CASE other.type WHEN 'NS' THEN '' ELSE other.inception END,
               other.last_seen, other.digest)
            > (CASE one.type WHEN 'NS' THEN '' ELSE one.inception END,
               one.last_seen, one.digest)
    );
CREATE VIEW events AS
    SELECT seq, time, zone,
           json_extract(body, '$.event_type')        AS event_type,
           json_extract(body, '$.alert.kind')        AS kind,
           json_extract(body, '$.severity')          AS severity,
           json_extract(body, '$.alert.cause')       AS cause,
           json_extract(body, '$.incident.id')       AS incident,
           json_extract(body, '$.incident.status')   AS status,
           json_extract(body, '$.change.rule')       AS rule,
           json_extract(body, '$.summary')           AS summary,
           json_extract(body, '$.event_id')          AS event_id
    FROM history WHERE kind = 'line';

CREATE TABLE resume (
    room  TEXT NOT NULL,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (room, key)
) WITHOUT ROWID;
";

/// Which set of a zone and type was seen and signed when, and which entries sets have. Files of
/// earlier versions lack them.
const INDEXES: &str = "
CREATE INDEX IF NOT EXISTS sets_by_zone ON sets (zone, type, last_seen, inception);
CREATE INDEX IF NOT EXISTS sets_by_entry ON sets (entry);
";

/// Refuses a file that is something else by its first octets, before anything is done to it or
/// beside it. One that is not there, or empty, becomes a state file.
pub(super) fn refuse_foreign(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Open {
        path: path.to_path_buf(),
        source,
    };
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(HEADER).read_to_end(&mut header).map_err(failed)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    // SQLite's file format: the magic text, and the application at octet 68.
    let application = u32::try_from(APPLICATION).unwrap_or_default().to_be_bytes();
    let is_ours = header.starts_with(b"SQLite format 3\0")
        && header.get(68..72) == Some(application.as_slice());
    if header.is_empty() || is_ours {
        Ok(())
    } else {
        let path = path.to_path_buf();
        Err(Error::Foreign { path })
    }
}

/// Opens the state file at `path` to write to it, and creates it if there is none.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let failed = |source| failure(path, source);
    let connection = Connection::open(path).map_err(failed)?;
    if is_empty(&connection).map_err(failed)? {
        // It counts only before there is a table.
        connection
            .execute_batch("PRAGMA auto_vacuum = INCREMENTAL;")
            .map_err(failed)?;
        let create = format!(
            "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION}; \
             PRAGMA user_version = {VERSION}; COMMIT;"
        );
        connection.execute_batch(&create).map_err(failed)?;
    }
    check(path, &connection)?;
    connection.execute_batch(INDEXES).map_err(failed)?;
    // A crash of the process loses nothing that was committed; a crash of the machine may lose
    // the last commits, and never what stands before them.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
             PRAGMA journal_size_limit = 67108864; PRAGMA busy_timeout = 100;",
        )
        .map_err(failed)?;
    Ok(connection)
}

/// Opens the state file at `path` to read it, also while it is being written to, and also where
/// nothing may be written beside it.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    // SQLite's own word for a missing file tells nobody that it is missing.
    File::open(path).map_err(|source| Error::Open {
        path: path.to_path_buf(),
        source,
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let opened = Connection::open_with_flags(path, flags)
        .map_err(|source| failure(path, source))
        .and_then(|connection| check(path, &connection).map(|()| connection));
    match opened {
        Err(Error::Database { source, .. }) if is_about_its_folder(&source) => open_at_rest(path),
        opened => opened,
    }
}

/// Whether SQLite could not make the files that it wants beside a database in WAL mode.
fn is_about_its_folder(source: &rusqlite::Error) -> bool {
    matches!(
        source.sqlite_error_code(),
        Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    )
}

/// Opens a state file that nobody writes to, and makes nothing beside it. While its last entries
/// stand in a file of their own, which only the writer takes in, that shows too little.
fn open_at_rest(path: &Path) -> Result<Connection, Error> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Error::Unfinished {
            path: path.to_path_buf(),
        });
    }
    let mut uri = "file:".to_owned();
    for octet in path.as_os_str().as_bytes() {
        // Writing to a string never fails.
        let _ = match octet {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                write!(uri, "{}", char::from(*octet))
            }
            _ => write!(uri, "%{octet:02X}"),
        };
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection =
        Connection::open_with_flags(uri, flags).map_err(|source| failure(path, source))?;
    check(path, &connection)?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let count: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(count == 0)
}

fn check(path: &Path, connection: &Connection) -> Result<(), Error> {
    let number = |pragma| {
        let found = connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0));
        found.map_err(|source| failure(path, source))
    };
    let path = || path.to_path_buf();
    if number("application_id")? != APPLICATION {
        return Err(Error::Foreign { path: path() });
    }
    let found = number("user_version")?;
    if found == VERSION {
        Ok(())
    } else {
        let (path, known) = (path(), VERSION);
        Err(Error::Version { path, found, known })
    }
}

/// What SQLite said, as what it means.
pub(super) fn failure(path: &Path, source: rusqlite::Error) -> Error {
    let path = path.to_path_buf();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => Error::Foreign { path },
        _ => Error::Database { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_rest_is_read_without_a_file_beside_it() {
        let name = format!("sigtap-at rest?#%41-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("state");
        drop(open(&path).unwrap());
        let reader = open_at_rest(&path).unwrap();
        assert!(!is_empty(&reader).unwrap());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        let unfinished = folder.join("state-wal");
        std::fs::write(unfinished, "more").unwrap();
        let error = open_at_rest(&path).unwrap_err();
        assert!(matches!(error, Error::Unfinished { .. }), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
