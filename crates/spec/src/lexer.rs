//! Text to tokens. The tokens cover the text without a gap, so nothing is lost.

use crate::diagnostic::{Diagnostic, Span};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Blanks, tabs, no-break spaces, a byte order mark.
    Blank,
    /// `\n`, `\r\n` or `\r`.
    Newline,
    /// From `#` or `!` to the end of the line.
    Comment,
    /// `;`
    Semicolon,
    /// A name.
    Name,
    /// A number without sign.
    Number,
    /// A text in quotes, closed or not.
    Text,
    /// `=~`
    Measures,
    /// `<~`
    Composite,
    /// `~*~`
    Scale,
    /// `~~`
    Covaries,
    /// `~`
    Tilde,
    /// `==`
    EqualEqual,
    /// `<=`
    LessEqual,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `:=`
    Define,
    /// `|~` of lavaan 0.7.
    BarTilde,
    /// `:~` of lavaan 0.7.
    ColonTilde,
    /// `|`
    Bar,
    /// `%`
    Percent,
    /// `:`
    Colon,
    /// `=`
    Assign,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `^`
    Caret,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `?`
    Question,
    /// Something that no statement can hold; a diagnostic says so.
    Unknown,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// Tokens of the whole text, and what is wrong with single ones.
pub(crate) fn lex(source: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        // Each has a byte at least, and few have more than three.
        tokens: Vec::with_capacity(source.len()),
        diagnostics: Vec::new(),
    };
    while lexer.at < source.len() {
        let start = lexer.at;
        let kind = lexer.next_kind();
        lexer.tokens.push(Token { kind, span: Span { start, end: lexer.at } });
    }
    (lexer.tokens, lexer.diagnostics)
}

/// Whether a name can begin with it.
fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '.'
}

/// Whether a name can go on with it. Combining marks are accepted: decomposed accents come with files from macOS.
fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '_' || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether it only keeps things apart: blanks of all widths, and the byte order mark.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\u{a0}' | '\u{feff}' | '\u{202f}' | '\u{2007}' | '\u{2009}' | '\u{b}' | '\u{c}' | '\u{3000}'
    )
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn take(&mut self, length: usize, kind: Kind) -> Kind {
        self.at += length;
        kind
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) {
        // ASCII, as most texts are, needs no decoding.
        let mut at = self.at;
        while let Some(byte) = self.bytes.get(at).filter(|byte| byte.is_ascii()) {
            if !accept(char::from(*byte)) {
                self.at = at;
                return;
            }
            at += 1;
        }
        self.at = at;
        self.take_decoded(accept);
    }

    #[cold]
    fn take_decoded(&mut self, accept: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
    }

    fn next_kind(&mut self) -> Kind {
        let next = self.byte(1);
        match self.bytes[self.at] {
            b'a'..=b'z' | b'A'..=b'Z' => {
                self.take_while(continues_name);
                Kind::Name
            }
            b' ' | b'\t' => {
                self.take_while(is_blank);
                Kind::Blank
            }
            b'\n' => self.take(1, Kind::Newline),
            b'\r' => self.take(if next == Some(b'\n') { 2 } else { 1 }, Kind::Newline),
            b'#' | b'!' => {
                self.take_while(|c| c != '\n' && c != '\r');
                Kind::Comment
            }
            b';' => self.take(1, Kind::Semicolon),
            b'"' => self.quoted('"'),
            b'0'..=b'9' => self.number(),
            b'.' if next.is_some_and(|b| b.is_ascii_digit()) => self.number(),
            b'=' => match next {
                Some(b'~') => self.take(2, Kind::Measures),
                Some(b'=') => self.take(2, Kind::EqualEqual),
                _ => self.take(1, Kind::Assign),
            },
            b'<' => match next {
                Some(b'~') => self.take(2, Kind::Composite),
                Some(b'=') => self.take(2, Kind::LessEqual),
                _ => self.take(1, Kind::Less),
            },
            b'>' => match next {
                Some(b'=') => self.take(2, Kind::GreaterEqual),
                _ => self.take(1, Kind::Greater),
            },
            b'~' => self.tilde(1),
            b':' => match next {
                Some(b'=') => self.take(2, Kind::Define),
                Some(b'~') => self.take(2, Kind::ColonTilde),
                _ => self.take(1, Kind::Colon),
            },
            b'|' => match next {
                Some(b'~') => self.take(2, Kind::BarTilde),
                _ => self.take(1, Kind::Bar),
            },
            b'%' => self.take(1, Kind::Percent),
            b'+' => self.take(1, Kind::Plus),
            b'-' => self.take(1, Kind::Minus),
            b'*' => self.take(1, Kind::Star),
            b'/' => self.take(1, Kind::Slash),
            b'^' => self.take(1, Kind::Caret),
            b'(' => self.take(1, Kind::Open),
            b')' => self.take(1, Kind::Close),
            b',' => self.take(1, Kind::Comma),
            b'?' => self.take(1, Kind::Question),
            _ => self.unusual(),
        }
    }

    /// `~`, `~~` and `~*~`, whose first sign is `length` bytes long.
    fn tilde(&mut self, length: usize) -> Kind {
        match (self.byte(length), self.byte(length + 1)) {
            (Some(b'~'), _) => self.take(length + 1, Kind::Covaries),
            (Some(b'*'), Some(b'~')) => self.take(length + 2, Kind::Scale),
            _ => self.take(length, Kind::Tilde),
        }
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        if self.byte(0) == Some(b'.') {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self.byte(1 + sign).is_some_and(|b| b.is_ascii_digit()) {
                self.at += 1 + sign;
                self.take_while(|c| c.is_ascii_digit());
            }
        }
        let digits_end = self.at;
        self.take_while(continues_name);
        if self.at == digits_end {
            return Kind::Number;
        }
        let text = &self.source[start..self.at];
        let span = Span { start, end: self.at };
        let tail = &self.source[digits_end..self.at];
        self.diagnostics.push(
            Diagnostic::error(
                "E0003",
                format!("`{text}` is neither a number nor a name, because a name cannot begin with a digit"),
            )
            .at(span, "begins with a digit")
            .hint(format!("if it is a column of the data with this name, write it in quotes: \"{text}\""))
            .hint(format!(
                "if a number was meant, put an operator behind it, as in `{}*{tail}`",
                &text[..text.len() - tail.len()]
            )),
        );
        Kind::Unknown
    }

    /// A text up to `close`, which must stand on the same line.
    fn quoted(&mut self, close: char) -> Kind {
        let start = self.at;
        let open_length = self.rest().chars().next().map_or(1, char::len_utf8);
        self.at += open_length;
        self.take_while(|c| c != close && c != '\n' && c != '\r');
        if self.rest().starts_with(close) {
            self.at += close.len_utf8();
        } else {
            let span = Span { start, end: start + open_length };
            self.diagnostics.push(
                Diagnostic::error("E0002", "this quote is not closed on its line")
                    .at(span, "opened here")
                    .hint("add a closing `\"`; a text in quotes cannot go over the end of the line"),
            );
        }
        Kind::Text
    }

    /// A text in quotes that are not the plain double ones.
    fn foreign_quoted(&mut self, open: char, closers: &[char]) -> Kind {
        let start = self.at;
        let rest = &self.source[start + open.len_utf8()..];
        // The search ends at the next quote of the kind, so that many of them take no longer than their text.
        let end = rest.find(|c| closers.contains(&c) || c == open || c == '\n' || c == '\r');
        let closer = end.and_then(|end| rest[end..].chars().next()).filter(|c| !matches!(c, '\n' | '\r'));
        let name = match open {
            '\'' => "single quotes",
            _ => "curly quotes",
        };
        let diagnostic = |span| {
            Diagnostic::error("E0001", format!("{name} do not quote a text in model syntax"))
                .at(span, name)
                .hint("use the plain double quote `\"`; word processors and web pages replace it")
        };
        match (end, closer) {
            (Some(length), Some(closer)) => {
                self.at = start + open.len_utf8() + length + closer.len_utf8();
                self.diagnostics.push(diagnostic(Span { start, end: self.at }));
                Kind::Text
            }
            _ => {
                self.at = start + open.len_utf8();
                self.diagnostics.push(diagnostic(Span { start, end: self.at }));
                Kind::Unknown
            }
        }
    }

    fn unusual(&mut self) -> Kind {
        let start = self.at;
        let Some(c) = self.rest().chars().next() else {
            return Kind::Unknown;
        };
        if starts_name(c) {
            self.take_while(continues_name);
            return Kind::Name;
        }
        match c {
            c if is_blank(c) => return self.take(c.len_utf8(), Kind::Blank),
            // lavaan reads the small tilde as a tilde.
            '\u{2dc}' => return self.tilde(c.len_utf8()),
            '\'' => return self.foreign_quoted(c, &['\'']),
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => {
                return self.foreign_quoted(c, &['\u{201c}', '\u{201d}', '\u{ab}', '\u{bb}', '"']);
            }
            '\u{2018}' | '\u{2019}' | '\u{201a}' => {
                return self.foreign_quoted(c, &['\u{2018}', '\u{2019}']);
            }
            _ => {}
        }
        if c == '_' {
            self.take_while(continues_name);
            let text = &self.source[start..self.at];
            self.diagnostics.push(
                Diagnostic::error("E0003", format!("the name `{text}` cannot begin with `_`"))
                    .at(Span { start, end: self.at }, "begins with `_`")
                    .hint(format!("if it is a column of the data with this name, write it in quotes: \"{text}\"")),
            );
            return Kind::Unknown;
        }
        self.at += c.len_utf8();
        let (name, hint) = character_story(c);
        self.diagnostics.push(
            Diagnostic::error("E0001", format!("{name} has no meaning in model syntax"))
                .at(Span { start, end: self.at }, "")
                .hint(hint),
        );
        Kind::Unknown
    }
}

/// What a character that does not belong is called, and what to write in its place.
fn character_story(c: char) -> (String, String) {
    let named = |name: &str, hint: &str| (format!("the {name} (U+{:04X})", c as u32), hint.to_string());
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => named("dash or typographic minus", "write the plain minus `-`"),
        '\u{223c}' | '\u{ff5e}' | '\u{301c}' => named("typographic tilde", "write the plain tilde `~`"),
        '\u{d7}' | '\u{2217}' | '\u{b7}' | '\u{22c5}' => named("typographic multiplication sign", "write `*`"),
        '\u{2264}' => named("sign for less or equal", "write `<=`"),
        '\u{2265}' => named("sign for greater or equal", "write `>=`"),
        '\u{2260}' => named(
            "sign for not equal",
            "parameters cannot be held unequal; bound their difference, as in `a - b > 0.1`",
        ),
        '\u{2190}' | '\u{2192}' | '\u{2194}' => named(
            "arrow",
            "write `f =~ x` for `x` measured by `f`, `y ~ x` for an arrow from x to y, `x ~~ y` for a double arrow",
        ),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' => {
            named("invisible character", "delete it; it came with a copy from a web page or a document")
        }
        '`' => {
            ("a backtick".to_string(), "names with unusual characters stand in double quotes: \"my item\"".to_string())
        }
        '\\' => (
            "a backslash".to_string(),
            "a statement goes on over the line end behind or before `+`, without any sign".to_string(),
        ),
        '&' => ("`&`".to_string(), "write constraints as statements of their own, one in each line".to_string()),
        '@' => ("`@`".to_string(), "a parameter is fixed in front of its variable: `1*x` for `x@1`".to_string()),
        '$' | '[' | ']' | '{' | '}' => {
            (format!("`{c}`"), "variables, labels and functions are written by their names alone".to_string())
        }
        c if c.is_control() => (format!("the control character U+{:04X}", c as u32), "delete it".to_string()),
        c => (
            format!("the character `{c}` (U+{:04X})", c as u32),
            "delete it, or write a name that holds it in double quotes".to_string(),
        ),
    }
}
