//! A coverage as people read it.

use super::coverage::{Coverage, Figures, Status};
use std::fmt;

/// Domains that a list names at most; JSON names all.
const LISTED: usize = 200;

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} domains", self.total.total())?;
        for status in Status::ALL {
            let count = self.total.of(status);
            let share = (100 * count).checked_div(self.total.total());
            let share = share.unwrap_or_default();
            writeln!(out, "  {:<24}{count:>8}{share:>5} %", status.words())?;
        }
        let tlds = self.by_tld.iter().map(|(tld, row)| (tld.to_string(), row));
        table(out, "TLD", &tlds.collect::<Vec<_>>())?;
        let countries = self.by_country.iter().map(|(country, row)| {
            let name = if country.is_empty() { "-" } else { country };
            (name.to_owned(), row)
        });
        table(out, "country", &countries.collect::<Vec<_>>())?;
        let lists = [
            (
                Status::NoDs,
                "Signed and without DS: have the DS set published, nothing else is missing",
            ),
            (Status::Unsigned, "Unsigned though the zone above is signed"),
            (Status::Unseen, "Not seen"),
        ];
        for (status, title) in lists {
            self.list(out, status, title)?;
        }
        Ok(())
    }
}

impl Coverage {
    fn list(&self, out: &mut fmt::Formatter<'_>, status: Status, title: &str) -> fmt::Result {
        let total = self.total.of(status);
        if total == 0 {
            return Ok(());
        }
        writeln!(out, "\n{title}:")?;
        let domains = self.domains.iter();
        for domain in domains
            .filter(|domain| domain.status == status)
            .take(LISTED)
        {
            writeln!(out, "  {}", domain.name)?;
        }
        let listed = u64::try_from(LISTED).unwrap_or(u64::MAX);
        match total.saturating_sub(listed) {
            0 => Ok(()),
            more => writeln!(out, "  and {more} more (--format json names all)"),
        }
    }
}

fn table(out: &mut fmt::Formatter<'_>, title: &str, rows: &[(String, &Figures)]) -> fmt::Result {
    writeln!(
        out,
        "\n{title:<24}{:>8}{:>8}{:>8}{:>10}{:>10}{:>10}{:>10}",
        "domains", "signed", "no DS", "unsigned", "below", "not told", "not seen"
    )?;
    for (name, figures) in rows {
        let [signed, no_ds, unsigned, below, unknown, unseen] =
            Status::ALL.map(|status| figures.of(status));
        writeln!(
            out,
            "{name:<24}{:>8}{signed:>8}{no_ds:>8}{unsigned:>10}{below:>10}{unknown:>10}{unseen:>10}",
            figures.total()
        )?;
    }
    Ok(())
}
