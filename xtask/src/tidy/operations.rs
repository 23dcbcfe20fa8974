//! What users call says how: an example that runs, the shapes, and when it panics or fails.
//!
//! An operation is a public function, a method of one of the [`OWNERS`] or [`EXTENSIONS`], or a type that
//! implements one of the [`INTERFACES`]; those that a macro of the same file writes are read out of the
//! macro's definition and its calls. Of other types with methods one example is enough, there or at a method.

mod template;

use std::path::Path;

use syn::{
    Attribute, Expr, Ident, ImplItem, Item, ItemImpl, Lit, Meta, ReturnType, Signature, TraitItem,
    Type, Visibility,
};

use super::Finding;
use super::tree::Tree;
use template::Macros;

/// Where operations are, and whether they say shapes; the first that fits counts.
const PLACES: [(&str, Shapes); 19] = [
    ("crates/tensor/src/ops", Shapes::Said),
    ("crates/tensor/src/linalg", Shapes::Said),
    ("crates/tensor/src/tensor.rs", Shapes::Free),
    ("crates/tensor/src/context.rs", Shapes::Free),
    ("crates/tensor/src/threads.rs", Shapes::Free),
    ("crates/tensor/src/display", Shapes::Free),
    ("crates/tensor/src/random", Shapes::Free),
    ("crates/autograd/src", Shapes::Free),
    ("crates/nn/src/layers", Shapes::Said),
    ("crates/nn/src/models/registry.rs", Shapes::Free),
    ("crates/nn/src/models", Shapes::Said),
    ("crates/nn/src/loss.rs", Shapes::Said),
    ("crates/nn/src/loss", Shapes::Said),
    ("crates/nn/src/attention.rs", Shapes::Said),
    ("crates/nn/src", Shapes::Free),
    ("crates/optim/src", Shapes::Free),
    ("crates/learner/src", Shapes::Free),
    ("crates/datasets/src", Shapes::Free),
    ("crates/plot/src", Shapes::Free),
];

/// Traits by which a type is something to put into a program.
const INTERFACES: [&str; 6] = [
    "Module",
    "Algorithm",
    "Schedule",
    "Metric",
    "Callback",
    "Dataset",
];

/// Types whose every method is an operation.
const OWNERS: [&str; 3] = ["Tensor", "Optimizer", "GradScaler"];

/// Traits whose every method is one: they give them to tensors, to all modules, to all optimisers.
const EXTENSIONS: [&str; 5] = ["Autograd", "ModuleExt", "ModuleState", "Summarize", "Step"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shapes {
    Said,
    Free,
}

/// Something to call, and what its documentation must hold.
#[derive(Clone)]
struct Operation {
    name: String,
    line: usize,
    docs: String,
    /// Whether it is of the kind that has shapes.
    shaped: bool,
    /// Whether it blames its caller for a panic.
    panics: bool,
    /// Whether it returns a `Result`.
    fails: bool,
}

/// Operations whose documentation lacks something.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let Some(shapes) = place(&file.path) else {
            continue;
        };
        // What can't be read, the compiler tells.
        let Ok(syntax) = syn::parse_file(&file.text) else {
            continue;
        };
        for operation in operations(&syntax.items) {
            let lacks = operation.lacks(shapes);
            if !lacks.is_empty() {
                let message = format!("`{}` lacks {}", operation.name, lacks.join(", "));
                findings.push(Finding::new(&file.path, operation.line, message));
            }
        }
    }
    findings
}

fn place(path: &Path) -> Option<Shapes> {
    PLACES
        .iter()
        .find(|(place, _)| path.starts_with(place))
        .map(|(_, shapes)| *shapes)
}

fn operations(items: &[Item]) -> Vec<Operation> {
    let macros = Macros::of(items);
    let interfaces: Vec<String> = items.iter().filter_map(implementer).collect();
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Fn(item) if shown(&item.vis, &item.attrs) => {
                found.push(Operation::function(&item.sig, &item.attrs));
            }
            Item::Struct(item) if shown(&item.vis, &item.attrs) => {
                let operation = Operation::new(&item.ident, &item.attrs);
                if interfaces.contains(&operation.name) {
                    found.push(operation);
                } else if let Some(of_methods) = methods_docs(items, &operation.name) {
                    found.push(Operation {
                        docs: operation.docs + &of_methods,
                        shaped: false,
                        ..operation
                    });
                }
            }
            Item::Impl(item) if of_owner(item) => {
                found.extend(item.items.iter().filter_map(|member| match member {
                    ImplItem::Fn(method) if shown(&method.vis, &method.attrs) => {
                        Some(Operation::function(&method.sig, &method.attrs))
                    }
                    _ => None,
                }));
            }
            Item::Trait(item) if EXTENSIONS.iter().any(|name| item.ident == name) => {
                found.extend(item.items.iter().filter_map(|member| match member {
                    TraitItem::Fn(method) => Some(Operation::function(&method.sig, &method.attrs)),
                    _ => None,
                }));
            }
            Item::Macro(item) => found.extend(macros.operations(item)),
            _ => {}
        }
    }
    found
}

/// The type that an item makes an implementer of an interface.
fn implementer(item: &Item) -> Option<String> {
    let Item::Impl(item) = item else { return None };
    let interface = item.trait_.as_ref()?.0.segments.last()?;
    if !INTERFACES.iter().any(|name| interface.ident == name) {
        return None;
    }
    own_name(&item.self_ty)
}

/// The documentation of a type's own public methods in this file, if it has any.
fn methods_docs(items: &[Item], name: &str) -> Option<String> {
    let own = items.iter().filter_map(|item| match item {
        Item::Impl(item) if item.trait_.is_none() => Some(item),
        _ => None,
    });
    let own = own.filter(|item| own_name(&item.self_ty).as_deref() == Some(name));
    own.flat_map(|item| &item.items)
        .filter_map(|member| match member {
            ImplItem::Fn(method) if shown(&method.vis, &method.attrs) => Some(docs(&method.attrs)),
            _ => None,
        })
        .reduce(|all, one| all + &one)
}

/// Whether an owner's own methods stand here, not those of a trait.
fn of_owner(item: &ItemImpl) -> bool {
    let owner = |name: String| OWNERS.contains(&name.as_str());
    item.trait_.is_none() && own_name(&item.self_ty).is_some_and(owner)
}

fn own_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// Whether the documentation shows an item.
fn shown(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    let hides = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("doc") && list.tokens.to_string() == "hidden",
        _ => false,
    };
    matches!(visibility, Visibility::Public(_)) && !attributes.iter().any(hides)
}

impl Operation {
    fn new(name: &Ident, attributes: &[Attribute]) -> Self {
        Self {
            name: name.to_string(),
            line: name.span().start().line,
            docs: docs(attributes),
            shaped: true,
            panics: false,
            fails: false,
        }
    }

    fn function(signature: &Signature, attributes: &[Attribute]) -> Self {
        let blames = |attribute: &Attribute| attribute.path().is_ident("track_caller");
        Self {
            panics: attributes.iter().any(blames),
            fails: returns_result(&signature.output),
            ..Self::new(&signature.ident, attributes)
        }
    }

    fn lacks(&self, shapes: Shapes) -> Vec<&'static str> {
        let starts = |what: &str| self.docs.lines().any(|line| line.trim().starts_with(what));
        let wanted = [
            (!has_example(&self.docs), "an example"),
            (
                self.shaped && shapes == Shapes::Said && !starts("Shape: "),
                "a line `Shape: ..`",
            ),
            (
                self.panics && !starts("# Panics"),
                "`# Panics`, which #[track_caller] speaks of",
            ),
            (
                self.fails && !starts("# Errors"),
                "`# Errors`, which its Result speaks of",
            ),
        ];
        wanted
            .into_iter()
            .filter_map(|(lacks, what)| lacks.then_some(what))
            .collect()
    }
}

fn returns_result(output: &ReturnType) -> bool {
    match output {
        ReturnType::Type(_, ty) => own_name(ty).is_some_and(|name| name == "Result"),
        ReturnType::Default => false,
    }
}

/// The text of all `///` lines.
fn docs(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(value) = &pair.value
            && let Lit::Str(line) = &value.lit
        {
            text += &line.value();
            text.push('\n');
        }
    }
    text
}

/// Whether there is a block of code that is run: one without a word after its fence that says otherwise.
fn has_example(docs: &str) -> bool {
    let fences = docs
        .lines()
        .filter_map(|line| line.trim().strip_prefix("```"));
    // Every second fence closes a block.
    fences
        .step_by(2)
        .any(|word| ["", "rust", "should_panic"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::tree::planted;
    use super::*;

    const WHOLE: &str = "\
        impl Tensor {
            /// The sum.
            ///
            /// Shape: any to `[]`.
            ///
            /// ```
            /// assert!(true);
            /// ```
            ///
            /// # Panics
            /// Never.
            #[track_caller]
            pub fn sum(&self) -> Tensor {}
        }";

    fn found(path: &str, text: &str) -> Vec<String> {
        let findings = check(&planted::tree(&[(path, text)]));
        findings.into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn what_is_lacking_is_named() {
        let path = "crates/tensor/src/ops/reduce.rs";
        assert_eq!(found(path, WHOLE), [""; 0]);
        let bent = |from: &str, to: &str| {
            assert!(WHOLE.contains(from));
            found(path, &WHOLE.replace(from, to))
        };
        assert_eq!(
            bent("Shape: any", "Of any"),
            ["`sum` lacks a line `Shape: ..`"]
        );
        assert_eq!(bent("/// assert", "/// ```\n/// ```text\n/// x"), [""; 0]);
        assert_eq!(
            bent(
                "/// ```\n            /// assert",
                "/// ```text\n            /// x"
            ),
            ["`sum` lacks an example"]
        );
        assert_eq!(
            bent("# Panics", "Panics"),
            ["`sum` lacks `# Panics`, which #[track_caller] speaks of"]
        );
        assert_eq!(
            bent("-> Tensor", "-> Result<Tensor>"),
            ["`sum` lacks `# Errors`, which its Result speaks of"]
        );
    }

    #[test]
    fn only_operations_are_asked() {
        let path = "crates/nn/src/layers/linear.rs";
        let bare = "
            pub struct Options;
            struct Own;
            impl Own { pub fn run(&self) {} }
            impl Module for Own {}
            fn private() {}
            #[doc(hidden)]
            pub fn hidden() {}
            pub(crate) fn inner() {}";
        assert_eq!(found(path, bare), [""; 0]);
        assert_eq!(
            found(path, "pub struct Linear;\nimpl Module for Linear {}"),
            ["`Linear` lacks an example, a line `Shape: ..`"]
        );
        assert_eq!(
            found(
                path,
                "pub struct Builder;\nimpl Builder { pub fn build(self) {} }"
            ),
            ["`Builder` lacks an example"]
        );
        assert_eq!(found("crates/gpu/src/lib.rs", WHOLE), [""; 0]);
        assert_eq!(
            found(
                "crates/autograd/src/methods.rs",
                "pub trait Autograd { fn grad(&self); }"
            ),
            ["`grad` lacks an example"]
        );
    }

    #[test]
    fn what_a_macro_writes_is_read_out_of_it() {
        let definition = "
            macro_rules! folds {
                ($($(#[$doc:meta])* $all:ident $dim:ident => $fold:ident;)*) => {
                    impl Tensor {$(
                        $(#[$doc])*
                        /// Shape: any to `[]`.
                        pub fn $all(&self) -> Tensor {}

                        $(#[$doc])*
                        /// Shape: `[.., n]` to `[..]`.
                        #[track_caller]
                        pub fn $dim(&self) -> Tensor {}
                    )*}
                };
            }";
        let calls = |docs: &str| format!("{definition}\nfolds! {{ {docs}\n sum sum_dim => Sum; }}");
        assert_eq!(
            found(
                "crates/tensor/src/ops/reduce.rs",
                &calls("/// The sum.\n///\n/// ```\n/// assert!(true);\n/// ```")
            ),
            ["`sum_dim` lacks `# Panics`, which #[track_caller] speaks of"]
        );
        assert_eq!(
            found("crates/tensor/src/ops/reduce.rs", &calls("/// The sum."))[0],
            "`sum` lacks an example"
        );
    }
}
