//! The two macros of a module: its fields, and its calls.

/// Declares a struct's fields as a module's tree: `parameters`, `buffers` and `modules` (in this order,
/// none required) are visited under their field names; `settings` are the fields that hold none.
///
/// Every field must be listed once: one forgotten does not compile.
///
/// ```
/// use hammerhead_nn::{Mode, Module, Parameter, module};
/// use hammerhead_tensor::Tensor;
///
/// struct Scale {
///     factor: Parameter,
///     power: i64,
/// }
///
/// module!(Scale { parameters: factor; settings: power });
///
/// impl Module for Scale {
///     fn forward(&self, x: Tensor, _: Mode) -> Tensor {
///         x.pow(self.power) * self.factor.tensor()
///     }
/// }
/// ```
///
/// ```compile_fail
/// use hammerhead_nn::{Parameter, module};
/// struct Scale {
///     factor: Parameter,
///     power: i64,
/// }
/// module!(Scale { parameters: factor }); // `power` is missing
/// ```
#[macro_export]
macro_rules! module {
    ($type:ident { $($section:ident: $($field:ident),+);* $(;)? }) => {
        impl $crate::Tree for $type {
            fn kind(&self) -> &'static str {
                stringify!($type)
            }

            #[allow(unused_variables)]
            fn entries<'a>(&'a self, visit: &mut dyn FnMut(&str, $crate::Entry<'a>)) {
                let $type { $($($field,)+)* } = self;
                $($($crate::visit!($section, $field, visit);)+)*
            }

            #[allow(unused_variables)]
            fn entries_mut<'a>(&'a mut self, visit: &mut dyn FnMut(&str, $crate::EntryMut<'a>)) {
                let $type { $($($field,)+)* } = self;
                $($($crate::visit!(mut $section, $field, visit);)+)*
            }

            fn as_module(&self) -> &dyn $crate::Module {
                self
            }

            fn as_module_mut(&mut self) -> &mut dyn $crate::Module {
                self
            }
        }

        $crate::display!($type);
    };
}

/// Visits one field by the section that it is listed in.
#[macro_export]
#[doc(hidden)]
macro_rules! visit {
    (parameters, $field:ident, $visit:ident) => {
        if let Some(parameter) = $crate::ParameterField::parameter($field) {
            $visit(stringify!($field), $crate::Entry::Parameter(parameter));
        }
    };
    (buffers, $field:ident, $visit:ident) => {
        if let Some(buffer) = $crate::BufferField::buffer($field) {
            $visit(stringify!($field), $crate::Entry::Buffer(buffer));
        }
    };
    (modules, $field:ident, $visit:ident) => {
        if let Some(module) = $crate::ModuleField::module($field) {
            $visit(stringify!($field), $crate::Entry::Module(module));
        }
    };
    (settings, $field:ident, $visit:ident) => {};
    (mut parameters, $field:ident, $visit:ident) => {
        if let Some(parameter) = $crate::ParameterField::parameter_mut($field) {
            $visit(stringify!($field), $crate::EntryMut::Parameter(parameter));
        }
    };
    (mut buffers, $field:ident, $visit:ident) => {
        if let Some(buffer) = $crate::BufferField::buffer_mut($field) {
            $visit(stringify!($field), $crate::EntryMut::Buffer(buffer));
        }
    };
    (mut modules, $field:ident, $visit:ident) => {
        if let Some(module) = $crate::ModuleField::module_mut($field) {
            $visit(stringify!($field), $crate::EntryMut::Module(module));
        }
    };
    (mut settings, $field:ident, $visit:ident) => {};
}

/// Prints a module as PyTorch's `repr` would.
#[macro_export]
#[doc(hidden)]
macro_rules! display {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::ModuleExt::repr(self))
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

/// Calls a child by its field, so that [`listen`](crate::listen)ers see it by its dotted name and
/// errors can tell where they happened: `call!(self.conv1.forward(x, mode))`. Any method that gives a
/// tensor will do.
#[macro_export]
macro_rules! call {
    ($parent:ident . $child:ident . $method:ident ( $($argument:expr),* $(,)? )) => {
        $crate::call_named(stringify!($child), &$parent.$child, |module| module.$method($($argument),*))
    };
}
