//! The rows of the lesson.

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name: the part of the lesson, and a number.
    pub id: &'static str,
    /// The chapter that has it.
    pub chapter: &'static str,
    /// What it is about.
    pub what: &'static str,
    /// How it is met.
    pub kind: Kind,
}

/// How a row is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By a check.
    Checked,
    /// By a check after a training that takes more than some seconds.
    Long,
    /// By words on this page.
    Words(&'static str),
}

const fn checked(chapter: &'static str, id: &'static str, what: &'static str) -> Row {
    Row {
        id,
        chapter,
        what,
        kind: Kind::Checked,
    }
}

const fn long(chapter: &'static str, id: &'static str, what: &'static str) -> Row {
    Row {
        id,
        chapter,
        what,
        kind: Kind::Long,
    }
}

const fn words(
    chapter: &'static str,
    id: &'static str,
    page: &'static str,
    what: &'static str,
) -> Row {
    Row {
        id,
        chapter,
        what,
        kind: Kind::Words(page),
    }
}

/// All of them, in the order of the lesson's list.
#[rustfmt::skip]
pub const ROWS: [Row; 136] = [
    checked("tour", "M1", r#"`list_models("*")`: the names, sorted, and how many"#),
    checked("tour", "M2", "`list_models` with a pattern; `is_model`"),
    checked("tour", "M3", r#"`create_model("resnet18")`: parameters, tensors, layers, state-dict entries"#),
    checked("tour", "M4", "the printed model, as timm's"),
    checked("tour", "M5", "`get_submodule` by a dotted path, and its error"),
    checked("tour", "M6", "the parameters of a batch norm"),
    checked("tour", "M7", "the parameter of a convolution, summarised"),
    checked("tour", "M8", "timm's start: Kaiming by fan out, the last batch norm of a block at 0"),
    checked("tour", "M9", "`BatchNorm2d`: its arguments, their defaults, the paper"),
    checked("tour", "M10", "the kinds of layers in the printed model"),
    checked("tour", "M11", "resnet34, and a trained model saved, loaded and asked; our own nets for the lecture's weights"),
    long("tour", "M12", "the chart of speed against accuracy; of our own nets, measured here, for timm's table"),
    words("glossary", "M13", "book/src/glossary.md", "a layer: tensors that are multiplied by matrices"),
    checked("fitting", "F1", "`f(x) = 3x² + 2x + 1` of numbers and of tensors"),
    checked("fitting", "F2", "`plot_function` with a title in TeX"),
    checked("fitting", "F3", "`plot_function` with the names of the axes"),
    checked("fitting", "F4", "`quad(3, 2, 1, 1.5)`"),
    checked("fitting", "F5", "`mk_quad(3, 2, 1)(1.5)`, a closure for `partial`"),
    checked("fitting", "F6", "numpy's normal draws after seed 42"),
    checked("fitting", "F7", "`noise` and `add_noise`: the factors are drawn first"),
    checked("fitting", "F8", "`linspace(-2, 2, 20)` and its shape"),
    checked("fitting", "F9", "a new axis is a view; a loss refuses `[20]` against `[20, 1]`"),
    checked("fitting", "F10", "the noisy data after seed 42, in doubles"),
    checked("fitting", "F11", "the scatter of a column is that of a row"),
    checked("fitting", "F12", "three sliders for a quadratic, over the scatter"),
    checked("fitting", "F13", "sliders from 0 to 3 by 0.1, all three bound"),
    checked("fitting", "F14", "the loss in the title"),
    checked("fitting", "F15", "`mae` and `mse`"),
    checked("fitting", "F16", "`quad_mae([1.1, 1.1, 1.1])`"),
    checked("fitting", "F17", "`requires_grad_` in print"),
    checked("fitting", "F18", "the loss in print, with what made it"),
    checked("fitting", "F19", "`backward` and the gradient"),
    checked("fitting", "F20", "a step under `no_grad`, and the error without it"),
    checked("fitting", "F21", "ten steps without zeroing"),
    checked("fitting", "F22", "ten steps with zeroing"),
    checked("fitting", "F23", "without zeroing the loss rises again"),
    checked("fitting", "F24", "`rectified_linear`, by hand and built in"),
    checked("fitting", "F25", "sliders for one ReLU"),
    checked("fitting", "F26", "sliders for two"),
    checked("fitting", "F27", "the exercise: three ReLUs over the data"),
    checked("fitting", "F28", "n ReLUs fitted to the data by gradient descent"),
    checked("fitting", "F29", "a nudge tells the gradient; `gradcheck`"),
    words("fitting", "F30", "book/src/fitting.md", "how to look a name up"),
    checked("spreadsheet", "T1", "891 passengers, 712 without blanks; a CSV file for the sheet"),
    checked("spreadsheet", "T2", "ten columns of numbers"),
    checked("spreadsheet", "T3", "the linear model's loss"),
    checked("spreadsheet", "T4", "the loss of two ReLUs"),
    checked("spreadsheet", "T5", "a matrix product is sums of products"),
    checked("spreadsheet", "T6", "gradient descent on the sheet's parameters, ten starts"),
    checked("pixels", "P1", "the sample as a folder, made from the digits inside, cached and checked"),
    checked("pixels", "P2", "lists that print their length first"),
    checked("pixels", "P3", "the threes in the order of their names"),
    checked("pixels", "P4", "a picture opened from its file"),
    checked("pixels", "P5", "a block of pixels as numpy and as torch print it"),
    checked("pixels", "P6", "the coloured table of pixels"),
    checked("pixels", "P7", "the pictures as tensors, and how many"),
    checked("pixels", "P8", "`show_image`"),
    checked("pixels", "P9", "`stack`, divided by 255"),
    checked("pixels", "P10", "rank, shape and length"),
    checked("pixels", "P11", "the mean three and the mean seven"),
    checked("pixels", "P12", "distances by hand"),
    checked("pixels", "P13", "distances by `l1_loss` and `mse_loss`"),
    checked("pixels", "P14", "the same numbers as numpy and as torch print them"),
    checked("pixels", "P15", "rows of unequal length"),
    checked("pixels", "P16", "a row, a column, a part"),
    checked("pixels", "P17", "integers stay integers; times 1.5 they don't"),
    checked("pixels", "P18", "the dtype"),
    checked("pixels", "P19", "the validation pictures"),
    checked("pixels", "P20", "`mnist_distance` of one picture and of all"),
    checked("pixels", "P21", "broadcasting of a number and of a picture"),
    checked("pixels", "P22", "broadcasting allocates the output alone"),
    checked("pixels", "P23", "shapes that don't broadcast"),
    checked("pixels", "P24", "`is_3`, and truth as a number"),
    checked("pixels", "P25", "the accuracy of pixel similarity"),
    checked("pixels", "P26", "a loop of our own against one call"),
    checked("pixels", "P27", "the exercise on nine numbers"),
    checked("descent", "G1", "the picture of the seven steps"),
    checked("descent", "G2", "x² with a dot"),
    checked("descent", "G3", "a tensor that remembers what made it"),
    checked("descent", "G4", "its gradient"),
    checked("descent", "G5", "the gradient of a vector"),
    checked("descent", "G6", "integers have no gradient"),
    checked("descent", "G7", "three ways to go wrong with `backward`"),
    checked("descent", "G8", "the roller coaster's speed"),
    checked("descent", "G9", "`a, b, c` of a tensor keep its gradient"),
    checked("descent", "G10", "the first parameters"),
    checked("descent", "G11", "`show_preds`"),
    checked("descent", "G12", "the first loss"),
    checked("descent", "G13", "the first gradient"),
    checked("descent", "G14", "the loss after a step"),
    checked("descent", "G15", "ten more steps"),
    checked("descent", "G16", "starting over from a copy; four panels"),
    checked("descent", "G17", "learning rates: too small, too large, bouncing"),
    checked("descent", "G18", "data, gradients, items, copies, changes in place"),
    checked("descent", "G19", "a leaf is changed in place under `no_grad` only"),
    checked("descent", "G20", "gradients add up"),
    checked("loss", "L1", "`cat` and `view`"),
    checked("loss", "L2", "the targets as a column"),
    checked("loss", "L3", "inputs and targets side by side"),
    checked("loss", "L4", "`init_params`"),
    checked("loss", "L5", "the first prediction"),
    checked("loss", "L6", "`linear1` of all pictures"),
    checked("loss", "L7", "accuracy, unmoved by a nudge"),
    checked("loss", "L8", "`where`"),
    checked("loss", "L9", "`mnist_loss` of three predictions"),
    checked("loss", "L10", "the sigmoid"),
    checked("loss", "L11", "`mnist_loss` with a sigmoid inside"),
    checked("loss", "L12", "a loader of 15 numbers, shuffled"),
    checked("loss", "L13", "a loader of numbers and letters"),
    checked("loss", "L14", "the first batch"),
    checked("loss", "L15", "four pictures: gradients, added up and zeroed"),
    checked("loss", "L16", "`calc_grad`, `train_epoch`, `batch_accuracy`, `validate_epoch`"),
    checked("linear", "L17", "linear1 by hand, 21 epochs"),
    checked("linear", "L18", "`Linear(784, 1)` as PyTorch starts it"),
    checked("linear", "L19", "an optimiser of our own"),
    checked("linear", "L20", "`Linear` with it, 20 epochs"),
    checked("linear", "L21", "`Sgd` instead"),
    checked("linear", "L22", "everything called a three: two accuracies"),
    checked("linear", "L23", "`DataLoaders` and `Learner`"),
    checked("linear", "L24", "the learner's table"),
    checked("linear", "L25", "the table as it grows"),
    words("linear", "L26", "book/src/linear.md", "loss and metric"),
    checked("linear", "L27", "mini-batches, everything at once, one at a time"),
    checked("deeper", "N1", "`simple_net` by hand"),
    checked("deeper", "N2", "the picture of ReLU"),
    checked("deeper", "N3", "`Sequential`"),
    checked("deeper", "N4", "40 epochs at 0.1"),
    checked("deeper", "N6", "the recorder's accuracies"),
    checked("resnet", "N7", "loaders from a folder of pictures"),
    checked("resnet", "N8", "resnet18 with fastai's head"),
    checked("resnet", "N9", "the one-cycle policy"),
    long("resnet", "N10", "one epoch of it on threes and sevens"),
    words("glossary", "N11", "book/src/glossary.md", "the jargon"),
    words("questions", "N12", "book/src/questions.md", "the 37 questions"),
    checked("digits", "N13", "a learner of our own"),
    checked("digits", "N14", "all ten digits, and the worst mistakes"),
];
