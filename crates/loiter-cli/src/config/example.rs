//! The file that starts one off, and the same as a table.

use std::fmt::Write;

use super::{OnlyFor, SETTINGS, print::toml};

/// A file with every setting in it, commented out, so that it changes nothing.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# The configuration of loiter. Every line is commented out and shows what holds without it,\n\
         # or an example where that is up to the program or the terminal that is looked at.\n\
         # What counts for more: ./loiter.toml, then the environment, then the command line.\n\
         # `loiter config --print` shows what holds, and why.\n",
    );
    let mut table = "";
    for setting in SETTINGS {
        let (its_table, name) = setting.table_and_name();
        text.push('\n');
        if its_table != table {
            table = its_table;
            let _ = writeln!(text, "[{table}]");
        }
        let _ = writeln!(text, "# {}.", setting.meaning);
        let value = setting.default.unwrap_or(setting.example);
        let _ = writeln!(text, "# {name} = {}", toml(setting.takes, value));
    }
    text.push_str(
        "\n# What is right as it is, for `loiter check` and the view of findings.\n\
         # [[allow]]\n\
         # filter = \"site:pool.rs\"\n\
         # findings = [\"blocked receive\"]\n\
         # reason = \"workers wait for jobs for as long as there are none\"\n",
    );
    text
}

/// Every setting as a table of Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "| in `loiter.toml` | environment | option | default | |\n| --- | --- | --- | --- | --- |\n",
    );
    for setting in SETTINGS {
        let default = match setting.default {
            Some(default) => format!("`{}`", toml(setting.takes, default)),
            None => format!(
                "not set; such as `{}`",
                toml(setting.takes, setting.example)
            ),
        };
        let option = match setting.only_for {
            OnlyFor::Check => format!("`{}` of `check`", setting.option),
            OnlyFor::Ui | OnlyFor::Nothing => format!("`{}`", setting.option),
        };
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {option} | {default} | {} |",
            setting.key,
            setting.env,
            setting.meaning.replace('|', "\\|"),
        );
    }
    text
}
