//! From the text of a zone file to its entries: lines, with parentheses and comments undone.

use super::{Problem, ZoneFileError};

/// One entry: a directive or a record.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    /// Where it starts, from 1.
    pub(super) line: usize,
    /// It starts with white space: the owner is that of the record before.
    pub(super) is_indented: bool,
    /// Its words as written, quotation marks around a word left out.
    pub(super) tokens: Vec<&'a str>,
}

/// Walks through the entries of a text.
pub(super) struct Entries<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl<'a> Entries<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            // A byte order mark is no part of the first name.
            text: text.strip_prefix('\u{feff}').unwrap_or(text),
            position: 0,
            line: 1,
        }
    }

    /// Fills `entry` with the next one that is not blank; tells whether there was one.
    pub(super) fn read(&mut self, entry: &mut Entry<'a>) -> Result<bool, ZoneFileError> {
        while self.peek().is_some() {
            entry.tokens.clear();
            entry.line = self.line;
            entry.is_indented = matches!(self.peek(), Some(b' ' | b'\t'));
            self.read_line(entry)?;
            if !entry.tokens.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads to the end of the line, or as far as open parentheses go.
    fn read_line(&mut self, entry: &mut Entry<'a>) -> Result<(), ZoneFileError> {
        let mut depth = 0_usize;
        while let Some(octet) = self.peek() {
            match octet {
                b'\n' => {
                    self.position += 1;
                    self.line += 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                b' ' | b'\t' | b'\r' | 0x0c => self.position += 1,
                b';' => self.skip_comment(),
                b'(' => {
                    self.position += 1;
                    depth += 1;
                }
                b')' => {
                    self.position += 1;
                    depth = depth
                        .checked_sub(1)
                        .ok_or_else(|| self.error(Problem::StrayParenthesis))?;
                }
                _ => entry.tokens.push(self.token()?),
            }
        }
        if depth == 0 {
            Ok(())
        } else {
            Err(ZoneFileError {
                line: entry.line,
                problem: Problem::OpenParenthesis,
            })
        }
    }

    /// The word that starts here.
    fn token(&mut self) -> Result<&'a str, ZoneFileError> {
        let start = self.position;
        while let Some(octet) = self.peek() {
            match octet {
                b'"' => {
                    self.skip_quoted()?;
                    if self.text.as_bytes().get(start) == Some(&b'"') {
                        return Ok(self.since(start + 1, self.position - 1));
                    }
                }
                b'\\' => self.skip_escaped(),
                b' ' | b'\t' | b'\r' | b'\n' | 0x0c | b';' | b'(' | b')' => break,
                _ => self.position += 1,
            }
        }
        Ok(self.since(start, self.position))
    }

    /// Moves from an opening quotation mark to behind the closing one.
    fn skip_quoted(&mut self) -> Result<(), ZoneFileError> {
        self.position += 1;
        while let Some(octet) = self.peek() {
            match octet {
                b'"' => {
                    self.position += 1;
                    return Ok(());
                }
                b'\n' => break,
                b'\\' => self.skip_escaped(),
                _ => self.position += 1,
            }
        }
        Err(self.error(Problem::OpenQuote))
    }

    /// Moves behind a backslash and what it takes the meaning from, except an end of line.
    fn skip_escaped(&mut self) {
        self.position += 1;
        if self.peek().is_some_and(|octet| octet != b'\n') {
            self.position += 1;
        }
    }

    fn skip_comment(&mut self) {
        while self.peek().is_some_and(|octet| octet != b'\n') {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// A piece of the text. Both ends are ASCII delimiters, except where a backslash stands
    /// before half a character; no name or number looks like that.
    fn since(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn error(&self, problem: Problem) -> ZoneFileError {
        ZoneFileError {
            line: self.line,
            problem,
        }
    }
}
