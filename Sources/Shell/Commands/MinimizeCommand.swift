import Datasets
import Language
import Networks
import Tensors

extension Command {
  static let minimize = Command(
    "minimize",
    "trains variables to make an expression small; Ctrl-C stops it with everything kept",
    details: """
      With on, the expression is evaluated for every minibatch, with x, y and labels as its rows: \
      global variables for the time of the run, so that functions see them; earlier values come \
      back. Without, it is evaluated as it stands, steps= times. The variables are numbers, \
      tensors, records of these, or networks. Its value is train's record, with the losses of all \
      epochs in history. After an interruption, minimize alone goes on.
      """,
    arguments: [
      .slot("loss", .any, default: .computed("the one that was interrupted"), "a number, as L()"),
      .slot(
        "names", after: "wrt", .place, default: .computed("those that were interrupted"),
        isVariadic: true, "the variables that are changed"),
      .slot(
        "data", after: "on", .dataSet, default: .computed("none"),
        "a data set, a split or a record with x and y"),
    ] + hookArguments + [
      .option(
        "steps", .integer, default: .computed("epochs"), misnomers: ["iterations", "n", "iters"],
        "without on: how many steps"),
      .option(
        "epochs", .integer, default: .number(10), misnomers: ["n_epochs"], "times through the data"),
    ] + updateOptions + [
      .option(
        "patience", .integer, default: .none, misnomers: ["early_stopping"],
        "stops when val_loss has not improved for so many measurements; without on, the loss"),
      .option("every", .integer, default: .number(1), "epochs between measurements of val_loss"),
      .option(
        "save", .path, default: .computed("nowhere"), misnomers: ["checkpoint"],
        "a .nnsh file that the variables are saved to after each epoch, whole or not at all"),
      logArgument,
      .option("plot", .bool, default: .bool(false), "draws the history at the end"),
    ],
    result: "record {epochs, loss, val_loss, seconds, history}",
    examples: [
      .init(
        """
        m = {w: 2.0, b: 1.0}
        minimize (m.w - 3)^2 + m.b^2 wrt m steps=100 momentum=0
        "{m.w:.3f} {m.b:.3f}"
        """, "\"3.000 0.000\"")
    ],
    seeAlso: ["train", "grad", "update"]
  ) { context in
    let run: MinimizeRun
    if context.has("loss") {
      run = try MinimizeRun(context)
      if let start = context.session.minimizeStart {
        context.session.minimizeStart = nil
        try start.restore(run)
      }
    } else {
      if let input = context.command.inputs.first {
        throw RuntimeError.other(
          "minimize needs what is to become small, before \(input.slot)",
          hint: "write minimize LOSS wrt NAMES")
      }
      if let loaded = context.session.loadedMinimization {
        context.session.loadedMinimization = nil
        return try loaded.goOn(context)
      }
      guard let unfinished = context.session.unfinishedMinimization else {
        throw RuntimeError.other(
          "there is no interrupted minimize to go on with", hint: "write minimize LOSS wrt NAMES")
      }
      run = unfinished
    }
    context.session.unfinishedMinimization = nil
    context.session.loadedMinimization = nil
    // A launcher ends its ranks by SIGTERM.
    return try Termination.deferred { try run.finish(context) }
  }
}
