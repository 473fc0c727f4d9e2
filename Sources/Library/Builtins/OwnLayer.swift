import Language
import Networks

extension Builtin {
  static let ownLayer = Builtin(
    Declaration(
      "layer", group: .layers, "a layer of your own: a record of parameters and a function of it",
      details: """
        f takes the parameters and the rows, and gives a row for each row; where it declares a \
        third parameter `training`, that says whether it runs in training. The record may hold \
        numbers, tensors, records and lists of these; `net` names its field g in the first such \
        layer g1. Without parameters a function composes by its bare name.
        """,
      parameters: [
        Parameter("parameters", .record, "what is trained, as {g: ones(3), b: zeros(3)}"),
        Parameter("f", .function, "(p, x) -> …"),
      ],
      result: "a network",
      examples: [
        .init(
          """
          fn scale(n) = layer({g: ones(n), b: zeros(n)}, (p, x) -> p.g * x + p.b)
          dense(4, 3) |> scale(3) |> tanh
          """, "dense(4, 3) |> scale(3) |> tanh   21 parameters")
      ],
      seeAlso: ["dense", "residual", "batch_norm"])
  ) { arguments, interpreter in
    guard case .function(let function) = arguments[1] else {
      throw arguments.mismatch(1, expected: "a function (p, x) -> …")
    }
    return try network(
      [
        try FunctionLayer(
          function, parameters: arguments[0], call: interpreter.runningCall, interpreter)
      ], interpreter)
  }
}
