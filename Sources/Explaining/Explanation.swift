import Derivation
import Language
import Syntax
import Tensors

/// What `explain EXPR` tells: the tree of an evaluation, or what a function is.
package struct Explanation {
  /// The error that the evaluation ended with; the tree goes up to it.
  package let failure: (any Error)?
  /// What the expression gave; nil where it failed, or is a function that is told about.
  package let value: Value?
  private let rows: [Row]
  private let closing: [String]

  private struct Row {
    let tree: String
    /// The same with `…` for the parts that have lines of their own.
    let short: String
    let shape: String
    let names: String
    let notes: [String]
  }

  /// Evaluates an expression once, taking note of every part.
  package static func of(_ thunk: Thunk, on machine: Machine) throws -> Explanation {
    if case .name(let name) = thunk.expression.kind, let value = thunk.lookUp(name),
      case .function(let function) = value
    {
      return Explanation(
        failure: nil, rows: [], closing: describe(function, name))
    }
    let tree = EvaluationTree()
    let recorder = EvaluationRecorder(thunk, machine: machine, listener: tree)
    var failure: (any Error)?
    var result: Trace?
    do {
      result = try recorder.evaluate()
    } catch let error as Unsupported {
      failure = error.error(of: "explain")
    } catch {
      failure = error
    }
    if let last = recorder.graph.nodes.last { _ = DimensionNames(recorder.graph, root: last) }
    return Explanation(recorder.graph, tree, result?.value, failure)
  }

  private init(failure: (any Error)?, rows: [Row], closing: [String]) {
    self.failure = failure
    value = nil
    self.rows = rows
    self.closing = closing
  }

  private init(
    _ graph: Graph, _ tree: EvaluationTree, _ value: Value?, _ failure: (any Error)?
  ) {
    self.failure = failure
    self.value = value
    var rows: [Row] = []
    for part in tree.root.parts {
      Self.append(part, graph, first: "", further: "", failure, to: &rows)
    }
    self.rows = rows
    var closing: [String] = []
    let cost = graph.cost
    if cost.operations > 0 {
      closing.append(
        "in all \(tree.isCut ? "at least " : "")\(Cost.short(cost.operations)) "
          + (cost.operations == 1 ? "operation, " : "multiply-adds or other operations, ")
          + "\(Cost.bytes(cost.bytes)) of intermediate results")
    }
    if tree.isCut { closing.append("the parts beyond the first 400 are left out") }
    if let value { closing.append("value \(Self.line(of: value))") }
    self.closing = closing
  }

  /// A value on one line, of which a long string takes the beginning.
  private static func line(of value: Value) -> String {
    let text = value.inline()
    return text.count > valueLimit ? text.prefix(valueLimit) + "…" : text
  }

  /// Characters of a value that are shown.
  private static let valueLimit = 400

  // MARK: The tree

  private static func append(
    _ part: EvaluationPart, _ graph: Graph, first: String, further: String,
    _ failure: (any Error)?, to rows: inout [Row]
  ) {
    rows.append(row(for: part, graph, first, failure))
    for (index, inner) in part.parts.enumerated() {
      let isLast = index == part.parts.count - 1
      append(
        inner, graph, first: further + (isLast ? "└─ " : "├─ "),
        further: further + (isLast ? "   " : "│  "), failure, to: &rows)
    }
  }

  private static func row(
    for part: EvaluationPart, _ graph: Graph, _ lead: String, _ failure: (any Error)?
  ) -> Row {
    guard let result = part.result else {
      // The reason stands beside the innermost part that failed.
      let isInnermost = part.parts.allSatisfy { $0.result != nil }
      return Row(
        tree: lead + part.text, short: lead + part.shortText, shape: isInnermost ? "✗" : "",
        names: "",
        notes: isInnermost ? reason(failure) : [])
    }
    guard let node = result.node else {
      return Row(
        tree: lead + part.text, short: lead + part.shortText, shape: kind(of: result.value),
        names: "", notes: [])
    }
    let inner = part.parts.reduce(into: Set<Int>()) { $0.formUnion($1.operations) }
    let own = part.operations.filter { !inner.contains($0) }.map { graph.nodes[$0] }
    var notes: [String] = []
    let cost = own.reduce(Cost()) { $0 + Cost($1) }
    if cost.operations > 0 {
      let unit = own.contains { $0.operation == "@" } ? "multiply-add" : "operation"
      notes.append(
        "\(Cost.short(cost.operations)) \(unit)\(cost.operations == 1 ? "" : "s"), "
          + Cost.bytes(cost.bytes))
    }
    notes += own.compactMap(broadcast)
    let names = node.axes.contains { $0.name != nil } ? node.axes.text : ""
    return Row(
      tree: lead + part.text, short: lead + part.shortText, shape: "\(node.shape)", names: names,
      notes: notes)
  }

  private static func reason(_ failure: (any Error)?) -> [String] {
    guard let failure else { return [] }
    if let failure = failure as? Failure { return [failure.diagnostic.message] }
    return [RuntimeError(failure).message]
  }

  private static func kind(of result: Value) -> String {
    if case .list(let box) = result { return "list of \(box.content.count)" }
    if let tensor = try? result.asTensor(), result.isTensorLike { return "\(tensor.shape)" }
    return result.kindName
  }

  /// `1×5 broadcast to 6×5`, where an operand of an elementwise operation was.
  private static func broadcast(_ node: Node) -> String? {
    guard let name = node.operation, node.inputs.count > 1, node.rank > 0,
      !["@", "outer", "concat", "stack", "layer", "index"].contains(name)
    else { return nil }
    let stretched = node.inputs.filter { $0.rank > 0 && $0.shape != node.shape }
    guard !stretched.isEmpty, node.inputs.contains(where: { $0.rank > 0 }) else { return nil }
    return stretched.map { "\($0.shape) broadcast to \(node.shape)" }.joined(separator: ", ")
  }

  // MARK: Functions

  private static func describe(_ function: Function, _ name: String) -> [String] {
    if let builtin = function.builtin {
      let declaration = builtin.declaration
      var lines = ["\(declaration.signature)   built in: \(declaration.summary)"]
      if !declaration.details.isEmpty { lines.append(declaration.details) }
      switch builtin.differentiation {
      case .differentiable: lines.append("grad passes through it")
      case .constant: lines.append("grad takes its result as constant")
      case .stepwise(let reason): lines.append("grad takes its result as constant: \(reason)")
      case .refused(let reason): lines.append("it has no gradient: \(reason)")
      }
      return lines
    }
    var lines = [function.displayName]
    if let (source, span) = function.definition {
      lines.append(source.text(in: span))
      let position = source.position(of: span.start)
      lines.append("defined in \(source.name):\(position.line)")
    }
    return lines
  }

  // MARK: Text

  /// The tree for a terminal of that many columns.
  package func text(width: Int) -> String {
    let width = min(max(width, 60), 120)
    let limit = width * 11 / 20
    let trees = rows.enumerated().map { index, row in
      Self.cut(index > 0 && DisplayWidth.of(row.tree) > limit ? row.short : row.tree, limit)
    }
    let left = (trees.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    let middle = (rows.map { DisplayWidth.of($0.shape) }.max() ?? 0) + 2
    let names = (rows.map { DisplayWidth.of($0.names) }.max() ?? 0)
    var lines: [String] = []
    for (row, tree) in zip(rows, trees) {
      var line = TextWrapping.padded(tree, left) + TextWrapping.padded(row.shape, middle)
      if names > 0 { line += TextWrapping.padded(row.names, names + 2) }
      let start = DisplayWidth.of(line)
      let notes = TextWrapping.wrapped(
        row.notes, separator: "; ", indent: "", width: max(24, width - start))
      for (index, note) in notes.enumerated() {
        let lead = index == 0 ? line : String(repeating: " ", count: start)
        lines.append(String((lead + note).reversed().drop { $0 == " " }.reversed()))
      }
    }
    for line in closing {
      lines += line.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
        // The value begins on the line that names it.
        TextWrapping.broken(
          String($0), keeping: $0.hasPrefix("value ") ? 6 : 0, indent: 2, width: width)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func cut(_ text: String, _ limit: Int) -> String {
    guard DisplayWidth.of(text) > limit else { return text }
    return String(text.prefix(max(1, limit - 1))) + "…"
  }
}
