import Language

extension Derivation {
  /// The derivation for scripts: `{expression, latex, lines, ok}`. `expression` is nns code with
  /// global variables only, `none` where nns cannot write it.
  package var value: Value {
    .fields([
      ("expression", expression.map { .text($0) } ?? .none),
      ("latex", .text(latex)),
      ("lines", .items(lines.filter { $0.gap == nil }.map { .text($0.text) })),
      ("ok", .bool(isRight)),
    ])
  }
}
