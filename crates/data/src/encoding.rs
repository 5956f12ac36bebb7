//! Bytes to text: UTF-8, UTF-16 with a byte order mark, and Windows-1252 where nothing else fits.

use crate::{DataError, DataNote};
use std::borrow::Cow;

/// What Windows-1252 has at 0x80..=0x9F; the five unassigned bytes keep their control characters.
const WINDOWS_1252: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201C}',
    '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}', '\u{153}', '\u{9D}',
    '\u{17E}', '\u{178}',
];

/// First bytes of formats that are not text, with the name that their users know.
const SIGNATURES: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "an Excel or LibreOffice workbook, or another zip archive"),
    (b"\xD0\xCF\x11\xE0", "an old Excel workbook (.xls)"),
    (b"$FL2", "an SPSS data file (.sav)"),
    (b"$FL3", "a compressed SPSS data file (.zsav)"),
    (b"<stata_dta>", "a Stata data file (.dta)"),
    (b"\x1F\x8B", "a gzip-compressed file, such as R's .rds or .RData"),
    (b"RDX", "an R workspace (.RData)"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
];

/// The text of a file.
///
/// # Errors
/// [`DataError::NotText`] for known binary formats and for bytes that no text has, [`DataError::BrokenUtf16`].
pub(crate) fn decode<'a>(bytes: &'a [u8], notes: &mut Vec<DataNote>) -> Result<Cow<'a, str>, DataError> {
    for (signature, format) in SIGNATURES {
        if bytes.starts_with(signature) {
            return Err(DataError::NotText { format });
        }
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return utf16(rest, u16::from_le_bytes).map(Cow::Owned);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return utf16(rest, u16::from_be_bytes).map(Cow::Owned);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(DataError::NotText { format: "a binary file, or UTF-16 text without a byte order mark" });
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    notes.push(DataNote::NotUtf8);
    let text = bytes.iter().map(|&byte| match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    });
    Ok(Cow::Owned(text.collect()))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DataError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(DataError::BrokenUtf16);
    }
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| DataError::BrokenUtf16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (Result<String, DataError>, Vec<DataNote>) {
        let mut notes = Vec::new();
        (decode(bytes, &mut notes).map(Cow::into_owned), notes)
    }

    #[test]
    fn encodings() {
        assert_eq!(text("\u{FEFF}a,ä".as_bytes()).0.unwrap(), "a,ä");
        assert_eq!(text(b"\xFF\xFEa\x00\xE4\x00").0.unwrap(), "aä");
        assert_eq!(text(b"\xFE\xFF\x00a\x00\xE4").0.unwrap(), "aä");
        let (latin, notes) = text(b"caf\xE9 \x80");
        assert_eq!(latin.unwrap(), "café €");
        assert!(matches!(notes[..], [DataNote::NotUtf8]));
    }

    #[test]
    fn what_is_not_text_is_named() {
        for (bytes, word) in [
            (&b"PK\x03\x04rest"[..], "Excel"),
            (b"$FL2@(#)", "SPSS"),
            (b"a\x00b\x00", "UTF-16"),
            (b"\xFF\xFEa", "UTF-16"),
        ] {
            let message = text(bytes).0.unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
