//! Figures as text: few digits, always with their unit, so that the eye can follow them.

/// Formats a duration in nanoseconds, with three digits.
pub fn time(nanos: f64) -> String {
    match nanos {
        n if n < 999.5 => format!("{n:.0} ns"),
        n if n < 9_995.0 => format!("{:.2} µs", n / 1e3),
        n if n < 99_950.0 => format!("{:.1} µs", n / 1e3),
        n if n < 999_500.0 => format!("{:.0} µs", n / 1e3),
        n if n < 99_950_000.0 => format!("{:.2} ms", n / 1e6),
        n if n < 9.995e9 => format!("{:.0} ms", n / 1e6),
        n => format!("{:.0} s", n / 1e9),
    }
}

/// Formats the nanoseconds per voice and sample.
pub fn per_voice(nanos: f64) -> String {
    match nanos {
        n if n < 9.995 => format!("{n:.2} ns"),
        n if n < 99.95 => format!("{n:.1} ns"),
        n => format!("{n:.0} ns"),
    }
}

/// Formats a fraction as a percentage.
pub fn percent(part: f64) -> String {
    match part * 100.0 {
        p if p < 9.995 => format!("{p:.2} %"),
        p if p < 99.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// Formats a count in at most five characters and a letter for thousands.
pub fn count(count: u64) -> String {
    let count_f = count as f64;
    match count {
        0..=99_999 => count.to_string(),
        100_000..=9_999_499 => format!("{:.0} k", count_f / 1e3),
        9_999_500..=9_999_499_999 => format!("{:.0} M", count_f / 1e6),
        _ => format!("{:.0} G", count_f / 1e9),
    }
}

/// Formats memory in KB of 1024 bytes, or from ten thousand KB on in MB of 1024 KB.
pub fn memory(bytes: u64) -> String {
    match bytes as f64 / 1024.0 {
        0.0 => "0 KB".into(),
        kb if kb < 9.95 => format!("{kb:.1} KB"),
        kb if kb < 9_999.5 => format!("{kb:.0} KB"),
        kb if kb < 99.95 * 1024.0 => format!("{:.1} MB", kb / 1024.0).replace(".0 MB", " MB"),
        kb => format!("{:.0} MB", kb / 1024.0),
    }
}

/// Formats the nanoseconds that have passed since an event.
pub fn ago(nanos: u64) -> String {
    match nanos / 1_000_000_000 {
        s @ 0..=119 => format!("{s} s ago"),
        s @ 120..=7_199 => format!("{} min ago", s / 60),
        s => format!("{} h ago", s / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_units_and_few_digits() {
        let times = [62.0, 9_949.0, 9_996.0, 123_456.0, 999_700.0, 2.5e8, 3e10].map(time);
        let expected = [
            "62 ns", "9.95 µs", "10.0 µs", "123 µs", "1.00 ms", "250 ms", "30 s",
        ];
        assert_eq!(times, expected);
        let voices = [2.34, 54.38, 216.4].map(per_voice);
        assert_eq!(voices, ["2.34 ns", "54.4 ns", "216 ns"]);
        let parts = [0.0, 0.0123, 0.456, 1.0, 12.3].map(percent);
        assert_eq!(parts, ["0.00 %", "1.23 %", "45.6 %", "100 %", "1230 %"]);
        let counts = [0, 99_999, 100_000, 12_345_678, 12_345_678_901].map(count);
        assert_eq!(counts, ["0", "99999", "100 k", "12 M", "12 G"]);
        let sizes = [0, 1_536, 98_304, 50 << 20, 12_000_000, 300 << 20].map(memory);
        let expected = ["0 KB", "1.5 KB", "96 KB", "50 MB", "11.4 MB", "300 MB"];
        assert_eq!(sizes, expected);
        let passed = [0, 119, 120, 7_200].map(|s| ago(s * 1_000_000_000));
        assert_eq!(passed, ["0 s ago", "119 s ago", "2 min ago", "2 h ago"]);
    }
}
