//! The man pages and completions, out of the definition of the command line.

use super::args::Typed;
use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;
use std::path::{Path, PathBuf};

/// A file that comes with the program.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it is to stand.
    pub path: PathBuf,
    /// What is in it.
    pub text: Vec<u8>,
}

/// What stands in no option, by section of the page.
const SECTIONS: [(&str, &[(&str, &str)]); 3] = [
    (
        "EXIT STATUS",
        &[
            ("0", "Done."),
            ("1", "Could not do it: one line on standard error says why."),
            ("2", "The command line is wrong."),
            ("3", "Done, and the answer is bad news."),
        ],
    ),
    (
        "SIGNALS",
        &[
            (
                "SIGTERM, SIGINT",
                "What was read is judged and told, then it ends. The second one ends it at once.",
            ),
            (
                "SIGHUP",
                "live: trust anchors, negative anchors, zone data, portfolio and known bogus domains are read again, \
                 and outputs that are files are opened anew.",
            ),
        ],
    ),
    (
        "FILES",
        &[(
            "/etc/sigtap/sigtap.toml",
            "Where the service has its options from. The one that is installed has every option with its default \
             and a line that explains it; sigtap check-config tells what is wrong in one.",
        )],
    ),
];

/// All, below this folder as Debian has them below /usr/share.
pub(super) fn all(folder: &Path) -> Vec<Document> {
    let mut command = Typed::command();
    command.build();
    let mut documents = Vec::new();
    pages(&command, &folder.join("man/man1"), &mut documents);
    let shells = [
        (Shell::Bash, "bash-completion/completions/sigtap"),
        (Shell::Zsh, "zsh/vendor-completions/_sigtap"),
        (Shell::Fish, "fish/vendor_completions.d/sigtap.fish"),
    ];
    for (shell, place) in shells {
        let mut text = Vec::new();
        generate(shell, &mut Typed::command(), "sigtap", &mut text);
        let path = folder.join(place);
        documents.push(Document { path, text });
    }
    documents
}

/// The page of a command and those of the commands below it.
fn pages(command: &Command, folder: &Path, documents: &mut Vec<Document>) {
    let name = command.get_display_name().unwrap_or("sigtap").to_owned();
    let man = Man::new(command.clone().disable_help_subcommand(true)).title(name.to_uppercase());
    let mut text = Vec::new();
    // Writing to memory never fails.
    let _ = page(&man, &mut text);
    let path = folder.join(format!("{name}.1"));
    documents.push(Document { path, text });
    let shown = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    for below in shown {
        pages(below, folder, documents);
    }
}

fn page(man: &Man, text: &mut Vec<u8>) -> io::Result<()> {
    man.render(text)?;
    let mut more = Roff::new();
    for (title, entries) in SECTIONS {
        more.control("SH", [title]);
        for (term, words) in entries {
            more.control("TP", []);
            more.text([bold(*term)]);
            more.text([roman(*words)]);
        }
    }
    more.to_writer(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_its_page_and_each_option_stands_in_it() {
        let documents = all(Path::new("share"));
        let of = |path: &str| {
            let found = documents.iter().find(|known| known.path == Path::new(path));
            let text = found.unwrap_or_else(|| panic!("no {path}")).text.clone();
            String::from_utf8(text).unwrap().replace("\\-", "-")
        };
        let command = Typed::command();
        for name in ["read", "live"] {
            let page = of(&format!("share/man/man1/sigtap-{name}.1"));
            let known = command.find_subcommand(name).unwrap();
            for option in known.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(page.contains(&format!("--{option}")), "{name}: {option}");
            }
            for (title, _) in SECTIONS {
                assert!(
                    page.contains(&format!(".SH \"{title}\""))
                        || page.contains(&format!(".SH {title}")),
                    "{title}"
                );
            }
        }
        of("share/man/man1/sigtap.1");
        of("share/man/man1/sigtap-portfolio-import.1");
        for shell in [
            "bash-completion/completions/sigtap",
            "zsh/vendor-completions/_sigtap",
            "fish/vendor_completions.d/sigtap.fish",
        ] {
            assert!(
                of(&format!("share/{shell}")).contains("negative-anchor"),
                "{shell}"
            );
        }
        assert!(
            documents
                .iter()
                .all(|known| !known.path.ends_with("sigtap-documents.1"))
        );
    }
}
