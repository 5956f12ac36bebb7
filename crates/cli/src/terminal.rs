//! The streams of the process: results, diagnostics, and whether they may be coloured.

use std::io::{IsTerminal, Write};

use clap::builder::StyledStr;

/// Where the tool writes. Writing never fails: a reader that has gone away wants nothing more.
pub struct Terminal<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    colour_out: bool,
    colour_err: bool,
}

impl<'a> Terminal<'a> {
    /// Streams without colour.
    pub fn plain(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Terminal { out, err, colour_out: false, colour_err: false }
    }

    /// Streams that stand for those of the process: coloured on a terminal, unless `NO_COLOR` is set.
    pub(crate) fn of_process(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|value| value != "dumb");
        Terminal {
            out,
            err,
            colour_out: wanted && std::io::stdout().is_terminal(),
            colour_err: wanted && std::io::stderr().is_terminal(),
        }
    }

    /// Whether diagnostics may be coloured.
    pub(crate) fn colours_diagnostics(&self) -> bool {
        self.colour_err
    }

    /// Writes a result.
    pub(crate) fn print(&mut self, text: &str) {
        // A broken pipe is no fault of ours, and there is nobody left to tell.
        let _ = self.out.write_all(text.as_bytes());
    }

    /// Writes a diagnostic.
    pub(crate) fn complain(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
    }

    pub(crate) fn print_styled(&mut self, text: &StyledStr) {
        let text = if self.colour_out { text.ansi().to_string() } else { text.to_string() };
        self.print(&text);
    }

    pub(crate) fn complain_styled(&mut self, text: &StyledStr) {
        let text = if self.colour_err { text.ansi().to_string() } else { text.to_string() };
        self.complain(&text);
    }

    /// Writes out what is held back.
    pub(crate) fn finish(&mut self) {
        let _ = self.out.flush();
        let _ = self.err.flush();
    }
}
