//! The arguments of the attribute: its own, and those that are tokio's.

use std::time::Duration;

use loiter_model::{Nanos, query::nearest};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Error, Expr, ExprLit, Lit, LitStr, Meta, Result, Token, parse::Parser, punctuated::Punctuated,
    spanned::Spanned,
};

/// What the attribute was given.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) ignore_unseen: bool,
    pub(crate) check_on_failure: bool,
    /// A tracing subscriber.
    pub(crate) subscriber: Option<Expr>,
    /// For `#[tokio::test]`, as they were written.
    pub(crate) tokio: Vec<Meta>,
    /// Whether `crate` is among those.
    pub(crate) names_tokio: bool,
}

/// A text by which tasks are ignored.
pub(crate) struct Ignored {
    pub(crate) by: By,
    pub(crate) text: LitStr,
}

/// What an option takes.
#[derive(Clone, Copy)]
enum Takes {
    Time,
    Texts(By),
    Nothing(Flag),
    Value,
}

/// What a text is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Site,
    Await,
    AwaitTop,
    Spawner,
    Name,
}

#[derive(Clone, Copy)]
enum Flag {
    IgnoreUnseen,
    CheckOnFailure,
}

/// Every option of ours.
const OWN: &[(&str, Takes)] = &[
    ("timeout", Takes::Time),
    ("ignore_site", Takes::Texts(By::Site)),
    ("ignore_await", Takes::Texts(By::Await)),
    ("ignore_await_top", Takes::Texts(By::AwaitTop)),
    ("ignore_spawned_by", Takes::Texts(By::Spawner)),
    ("ignore_named", Takes::Texts(By::Name)),
    ("ignore_unseen", Takes::Nothing(Flag::IgnoreUnseen)),
    ("check_on_failure", Takes::Nothing(Flag::CheckOnFailure)),
    ("subscriber", Takes::Value),
];

impl Options {
    pub(crate) fn read(arguments: TokenStream) -> Result<Self> {
        let arguments = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(arguments)?;
        let mut options = Self::default();
        let mut wrong = None;
        for argument in arguments {
            let Err(error) = options.take(argument) else {
                continue;
            };
            match &mut wrong {
                None => wrong = Some(error),
                Some(wrong) => Error::combine(wrong, error),
            }
        }
        wrong.map_or(Ok(options), Err)
    }

    fn take(&mut self, argument: Meta) -> Result<()> {
        let name = argument
            .path()
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        let Some((name, takes)) = OWN.iter().find(|(own, _)| *own == name) else {
            return self.take_tokios(&name, argument);
        };
        match takes {
            Takes::Time => {
                let text = text(name, value(name, &argument, "a duration")?)?;
                once(name, &argument, self.timeout.is_none())?;
                let timeout = text.value().parse::<Nanos>();
                let timeout = timeout.map_err(|error| Error::new(text.span(), error))?;
                self.timeout = Some(timeout.into());
            }
            Takes::Texts(by) => {
                for text in texts(name, value(name, &argument, "a text")?)? {
                    self.ignored.push(Ignored { by: *by, text });
                }
            }
            Takes::Value => {
                let value = value(name, &argument, "an expression")?.clone();
                once(name, &argument, self.subscriber.is_none())?;
                self.subscriber = Some(value);
            }
            Takes::Nothing(flag) => {
                let on = is_on(name, &argument)?;
                *match flag {
                    Flag::IgnoreUnseen => &mut self.ignore_unseen,
                    Flag::CheckOnFailure => &mut self.check_on_failure,
                } = on;
            }
        }
        Ok(())
    }

    /// What is not ours is tokio's, which knows best what it takes; but not what was meant for
    /// us and misspelt.
    fn take_tokios(&mut self, name: &str, argument: Meta) -> Result<()> {
        if let Some(own) = nearest(name, OWN.iter().map(|(own, _)| *own)) {
            let message = format!("there is no option `{name}`; did you mean `{own}`?");
            return Err(Error::new(argument.path().span(), message));
        }
        self.names_tokio |= name == "crate";
        self.tokio.push(argument);
        Ok(())
    }
}

fn once(name: &str, argument: &Meta, is_first: bool) -> Result<()> {
    match is_first {
        true => Ok(()),
        false => Err(Error::new(
            argument.span(),
            format!("`{name}` is set twice"),
        )),
    }
}

/// What stands behind the `=`.
fn value<'a>(name: &str, argument: &'a Meta, what: &str) -> Result<&'a Expr> {
    match argument {
        Meta::NameValue(pair) => Ok(&pair.value),
        _ => Err(Error::new(
            argument.span(),
            format!("`{name}` needs {what}: `{name} = ...`"),
        )),
    }
}

fn text(name: &str, value: &Expr) -> Result<LitStr> {
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = value
    else {
        let written = value.to_token_stream();
        let message = format!("`{name}` takes a text in quotes, not `{written}`");
        return Err(Error::new(value.span(), message));
    };
    if text.value().trim().is_empty() {
        return Err(Error::new(text.span(), format!("`{name}` needs a text")));
    }
    Ok(text.clone())
}

/// One text, or several in brackets.
fn texts(name: &str, value: &Expr) -> Result<Vec<LitStr>> {
    match value {
        Expr::Array(list) if list.elems.is_empty() => {
            Err(Error::new(value.span(), format!("`{name}` needs a text")))
        }
        Expr::Array(list) => list.elems.iter().map(|value| text(name, value)).collect(),
        _ => Ok(vec![text(name, value)?]),
    }
}

/// `name`, `name = true` or `name = false`.
fn is_on(name: &str, argument: &Meta) -> Result<bool> {
    let wrong = |span: Span| {
        let message = format!("write `{name}`, `{name} = true` or `{name} = false`");
        Err(Error::new(span, message))
    };
    match argument {
        Meta::Path(_) => Ok(true),
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Bool(on), ..
            }) => Ok(on.value),
            value => wrong(value.span()),
        },
        Meta::List(_) => wrong(argument.span()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &str) -> Result<Options> {
        Options::read(arguments.parse().expect("tokens"))
    }

    fn refused(arguments: &str) -> String {
        match read(arguments) {
            Ok(_) => panic!("`{arguments}` is taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn own_options_are_taken_and_tokios_passed_on() {
        let options = read(
            r#"flavor = "multi_thread", timeout = "2s", worker_threads = 3, ignore_unseen,
               ignore_site = "pool.rs:88", ignore_named = ["a", "b*"], crate = "tokio","#,
        )
        .expect("all of it is right");
        assert_eq!(options.timeout, Some(Duration::from_secs(2)));
        assert!(options.ignore_unseen && !options.check_on_failure);
        assert!(options.names_tokio);
        let ignored: Vec<_> = options
            .ignored
            .iter()
            .map(|ignored| (ignored.by, ignored.text.value()))
            .collect();
        let expected = [(By::Site, "pool.rs:88"), (By::Name, "a"), (By::Name, "b*")];
        assert_eq!(ignored, expected.map(|(by, text)| (by, text.to_owned())));
        let tokio: Vec<_> = options
            .tokio
            .iter()
            .map(|meta| meta.to_token_stream().to_string())
            .collect();
        assert_eq!(
            tokio,
            [
                "flavor = \"multi_thread\"",
                "worker_threads = 3",
                "crate = \"tokio\""
            ]
        );
    }

    #[test]
    fn a_flag_may_be_written_out() {
        assert!(read("check_on_failure = true").is_ok_and(|options| options.check_on_failure));
        assert!(read("check_on_failure = false").is_ok_and(|options| !options.check_on_failure));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (arguments, expected) in [
            ("timeout", "`timeout` needs a duration"),
            ("subscriber", "`subscriber` needs an expression"),
            ("subscriber = a(), subscriber = b()", "set twice"),
            ("timeout = 5", "takes a text in quotes, not `5`"),
            ("timeout = \"5\"", "`5` has no unit; write `5s`"),
            ("timeout = \"-1s\"", "`-1s` is no duration"),
            ("timeout = \"1s\", timeout = \"2s\"", "set twice"),
            ("ignore_site", "`ignore_site` needs a text"),
            ("ignore_site = \" \"", "`ignore_site` needs a text"),
            ("ignore_site = []", "`ignore_site` needs a text"),
            ("ignore_site = [1]", "takes a text in quotes, not `1`"),
            ("check_on_failure = 1", "write `check_on_failure`"),
            ("check_on_failure(x)", "write `check_on_failure`"),
            ("timout = \"1s\"", "did you mean `timeout`?"),
            ("timeut = \"1s\"", "did you mean `timeout`?"),
            ("ignore_sites = \"x\"", "did you mean `ignore_site`?"),
            ("ignore_awaits = \"x\"", "did you mean `ignore_await`?"),
            ("1 + 1", "expected"),
        ] {
            let message = refused(arguments);
            assert!(message.contains(expected), "{arguments}: {message}");
        }
    }

    #[test]
    fn each_wrong_option_is_told_where_it_stands() {
        let Err(error) = read("timeout, ignore_site, flavor = \"x\"") else {
            panic!("two are wrong");
        };
        assert_eq!(error.into_iter().count(), 2);
    }

    #[test]
    fn what_is_tokios_is_not_taken_for_misspelt() {
        for tokios in [
            "flavor = 1",
            "worker_threads = 1",
            "start_paused = true",
            "unhandled_panic = 1",
            "crate = 1",
            "name = 1",
        ] {
            let options = read(tokios);
            assert!(
                options.is_ok_and(|options| options.tokio.len() == 1),
                "{tokios}"
            );
        }
    }
}
