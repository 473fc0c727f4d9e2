import Language
import Operations
import Syntax
import Tensors

/// Derives: records the loss, gives names, walks back from the loss by the rules and checks every
/// line against autodiff.
package final class Deriver {
  /// A derivative on its way to a node.
  private struct Part {
    /// With the derivative found last as a symbol.
    let local: Formula
    /// With nothing but intermediates.
    let closed: Formula
    let labels: [String]
  }

  let machine: Machine
  let thunk: Thunk
  let target: String
  private let recorder: EvaluationRecorder
  private var graph: Graph { recorder.graph }
  private var parts: [Int: [Part]] = [:]
  private(set) var exact: [Int: Tensor] = [:]
  var lines: [Derivation.Line] = []
  var remarks: [String] = []
  /// Whether closed forms have become too long, so that only the local ones go on.
  private var isAbridged = false
  private var lossMagnitude = 0.0
  private var folding: LoopFolding?
  private(set) var unicode = Notation.unicode
  private(set) var latex = Notation.latex
  /// Closed forms of more symbols help nobody.
  private static let closedLimit = 48

  private init(_ thunk: Thunk, withRespectTo place: Place, machine: Machine) {
    self.machine = machine
    self.thunk = thunk
    target = place.description
    recorder = EvaluationRecorder(thunk, machine: machine, withRespectTo: place)
  }

  /// The derivation of a loss with respect to one variable.
  ///
  /// - Parameter place: a global variable or a parameter of a network in one.
  /// - Throws: an error that names the construct that cannot be derived, or any that evaluating
  ///   the loss gives.
  package static func derive(
    _ loss: Thunk, withRespectTo place: Place, on machine: Machine
  ) throws -> Derivation {
    do {
      return try Deriver(loss, withRespectTo: place, machine: machine).run(place)
    } catch let error as Unsupported {
      throw error.error(of: "derive")
    }
  }

  private func run(_ place: Place) throws -> Derivation {
    let loss = try recorder.evaluate()
    let root = try recorder.node(of: loss)
    guard root.variable.count == 1 else {
      throw DifferentiabilityError.notANumber(shape: root.shape)
    }
    var seen: Set<String> = []
    remarks = recorder.remarks.filter { seen.insert($0).inserted }
    guard let variable = graph.nodes.first(where: { $0.isLeaf && $0.isOnPath }),
      root.isOnPath
    else { return try independent(place, root) }
    folding = try LoopFolding(graph)
    let names = DimensionNames(graph, root: root)
    try GlobalNames(machine: machine, thunk: thunk, target: target).assign(to: graph)
    var symbols = Symbols(graph: graph, root: root)
    symbols.assign { machine.globals.isUserDefined($0) }
    let symbol = root.symbol ?? "L"
    unicode.loss = SymbolText.unicode(symbol)
    latex.loss = SymbolText.latex(symbol)
    let named = graph.nodes.filter { $0.isOnPath && $0.symbol != nil }
    let gradients = try graph.tape.sweep(from: root.variable, to: named.map(\.variable))
    for (node, gradient) in zip(named, gradients) { exact[node.identifier] = gradient.tensor }
    let closed = try walk(from: root, to: variable)
    return try derivation(closed, variable, root, names, place)
  }

  // MARK: Backwards

  /// Passes derivatives from node to node; gives the closed form at the variable.
  private func walk(from root: Node, to variable: Node) throws -> Formula {
    lossMagnitude = root.tensor.item?.magnitude ?? 0
    let one = Formula.constant(.one, root.axes)
    if root === variable { return one }
    parts[root.identifier] = [Part(local: one, closed: one, labels: [])]
    for node in graph.nodes.reversed() where node.isOnPath {
      try Interrupt.check()
      guard let arrived = parts.removeValue(forKey: node.identifier) else { continue }
      var local = Formula.sum(arrived.map(\.local), node.axes)
      var closed = Formula.sum(arrived.map(\.closed), node.axes).factored
      var labels = arrived.flatMap(\.labels)
      if node !== root, node.symbol != nil, let value = exact[node.identifier] {
        if arrived.count > 1 { labels.append("sum over the \(arrived.count) paths") }
        try addLine(node, local, closed, labels, value)
        if node === variable {
          return (closed.size <= Self.closedLimit ? closed : local).materialized
        }
        local = .derivative(node, value)
        labels = []
        if closed.size > Self.closedLimit, !isAbridged {
          isAbridged = true
          remarks.append("written out, the formulas would be too long: they use the lines before")
        }
        if isAbridged { closed = local }
      }
      for (position, input) in node.inputs.enumerated() where input.isOnPath {
        try pass(through: node, position, local, closed, labels)
      }
    }
    return .constant(Coefficient(0), variable.axes)
  }

  private func pass(
    through node: Node, _ position: Int, _ local: Formula, _ closed: Formula, _ labels: [String]
  ) throws {
    guard let name = node.operation, let rule = DerivationRule.table[name],
      node.inputs.count >= rule.operands
    else {
      throw Unsupported(
        node.operation ?? "this", span: node.span, source: node.source,
        hint: "grad gives its gradient all the same")
    }
    let input = node.inputs[position]
    let step = DerivationRule.Application(node: node, derivative: closed, position: position)
    let result = try rule.apply(step)
    // What cancels is seen only with y/p written out: the line starts from there.
    let cancels = name == "softmax" && DerivationRule.softmaxOfCrossEntropy(step) != nil
    let symbolic =
      cancels
      ? result : try rule.apply(.init(node: node, derivative: local, position: position))
    let summed = result.formula.summed(to: input.axes)
    if name == "softmax" { try addSoftmaxLines(step, input) }
    var all = labels
    if let label = result.label { all.append(label) }
    if summed.shape != result.formula.shape {
      all.append(input.isBias ? "bias: summed over the rows" : "broadcasting undone: summed")
    }
    parts[input.identifier, default: []].append(
      Part(
        local: symbolic.formula.summed(to: input.axes), closed: summed, labels: all))
  }

  // MARK: Lines

  private func addLine(
    _ node: Node, _ local: Formula, _ closed: Formula, _ labels: [String], _ value: Tensor
  ) throws {
    let left = self.left(node)
    let shown = [local.materialized, closed.materialized]
    let gap = folding?.hides(node) == true ? folding?.text(of: node) : nil
    var forms: [(unicode: String, latex: String)] = []
    if gap == nil {
      forms.append((unicode.text(shown[0]), latex.text(shown[0])))
      let full = unicode.text(shown[1])
      if full != forms[0].unicode, closed.size <= Self.closedLimit {
        forms.append((full, latex.text(shown[1])))
      }
    }
    let errors = try [local, closed].map {
      try Derivation.relativeError(
        $0.wholeTensor().asShape(of: value), value, floor: 1e-5 * naturalScale(node))
    }
    var seen: Set<String> = []
    let rule = labels.filter { seen.insert($0).inserted }.joined(separator: "; ")
    lines.append(
      Derivation.Line(
        left: left, forms: forms, rule: rule.isEmpty ? "sum rule" : rule,
        shapes: gap == nil ? Self.justification(local) : "", error: errors.max() ?? 0, gap: gap))
  }

  /// How large a derivative of the loss is that is neither great nor small: the loss by the
  /// greatest element.
  private func naturalScale(_ node: Node) throws -> Double {
    let scale = lossMagnitude / (try node.tensor.greatestMagnitude())
    return scale.isFinite ? scale : 0
  }

  private func left(_ node: Node) -> (unicode: String, latex: String) {
    let symbol = node.symbol ?? "?"
    return (
      "∂\(unicode.loss)/∂\(SymbolText.unicode(symbol))",
      "\\frac{\\partial \(latex.loss)}{\\partial \(SymbolText.latex(symbol))}"
    )
  }

  /// `(N×H)ᵀ (N×K) = (H×K)`, or the axes alone where no product of matrices is among it.
  static func justification(_ formula: Formula) -> String {
    let result = Notation.shapes.shape(formula.axes)
    guard formula.holdsProduct else { return formula.axes.text }
    return "\(Notation.shapes.text(formula)) = \(result)"
  }

  // MARK: Result

  private func derivation(
    _ closed: Formula, _ variable: Node, _ root: Node, _ names: DimensionNames, _ place: Place
  ) throws -> Derivation {
    let code = ClosedCode(machine: machine, graph: graph, thunk: thunk, place: place)
    let gradient = try machine.gradient(of: thunk, at: [place]).first ?? .none
    let floor = try 1e-2 * naturalScale(variable)
    let written = try writtenCode(code, closed, gradient, floor)
    let misread = try misreading(variable, gradient, floor)
    return Derivation(
      target: target, loss: thunk.source.text(in: thunk.expression.span),
      lossSymbol: unicode.loss, legend: names.legend, definitions: definitions(root), lines: lines,
      result: (
        left(variable), unicode.text(closed), latex.text(closed), Self.justification(closed)
      ),
      expression: written.expression, shortExpression: written.short,
      statements: written.statements,
      error: written.error.map { max($0, misread ?? 0) } ?? misread,
      remarks: remarks + written.remarks)
  }

  /// The result as code, and how far what it gives is from `grad`.
  private func writtenCode(
    _ code: ClosedCode, _ closed: Formula, _ gradient: Value, _ floor: Double
  ) throws -> WrittenCode {
    var written = WrittenCode(remarks: code.layerRemarks(closed))
    guard code.isWritable(closed), folding?.isFolding != true else { return written }
    let (short, statements) = (code.short(closed), code.statements(closed))
    let hidden = code.hidden((statements + [short]).joined(separator: "\n"))
    if let name = hidden.first {
      written.remarks.append(
        "no code is given: it would call \(name), and a variable of yours has that name")
      return written
    }
    (written.short, written.statements) = (short, statements)
    let captured = code.captureRemarks(closed)
    written.remarks += captured
    if captured.isEmpty { written.expression = code.expression(closed) }
    guard code.layerRemarks(closed).isEmpty else { return written }
    written.error = try code.error(
      of: statements, short, in: closed, against: gradient, floor: floor)
    if let expression = written.expression, expression != short {
      let whole = try code.error(of: [], expression, in: closed, against: gradient, floor: floor)
      written.error = max(written.error ?? 0, whole)
    }
    return written
  }

  private struct WrittenCode {
    var expression: String?
    var short: String?
    var statements: [String] = []
    var error: Double?
    var remarks: [String]

    init(remarks: [String]) { self.remarks = remarks }
  }

  /// How far the gradient of the loss as it was read here is from that of the loss as the machine
  /// runs it; nil where they differ by no more than rounding.
  private func misreading(
    _ variable: Node, _ gradient: Value, _ floor: Double
  ) throws -> Double? {
    guard let own = exact[variable.identifier], let reference = try gradient.asTensor() else {
      return nil
    }
    let error = try Derivation.relativeError(
      own.asShape(ofEqualCount: reference), reference.cast(to: .f64), floor: floor)
    return error > 0.01 ? error : nil
  }

  /// The symbols in the order of computation, the loss last.
  private func definitions(_ root: Node) -> [Derivation.Definition] {
    var needed: Set<Int> = [root.identifier]
    for node in graph.nodes.reversed() where needed.contains(node.identifier) {
      for input in node.inputs { needed.insert(input.identifier) }
      if let companion = node.options.companion { needed.insert(companion.identifier) }
    }
    return graph.nodes.compactMap { node in
      guard !node.isLeaf, needed.contains(node.identifier), let symbol = node.symbol else {
        return nil
      }
      if let folding, folding.hides(node) {
        return Derivation.Definition(
          symbol: ("", ""), formula: ("", ""), axes: "", gap: folding.text(of: node))
      }
      let text = (unicode.definition(node).text, latex.definition(node).text)
      return Derivation.Definition(
        symbol: (SymbolText.unicode(symbol), SymbolText.latex(symbol)), formula: text,
        axes: node.axes.text)
    }
  }

  /// A loss on which the variable has no influence.
  private func independent(_ place: Place, _ root: Node) throws -> Derivation {
    let value = try place.read()
    let shape = try value.asTensor()?.shape ?? .scalar
    let sizes = shape.dimensions.map(String.init).joined(separator: ", ")
    let expression = shape.rank == 0 ? "0" : "zeros(\(sizes))"
    let gradient = try machine.gradient(of: thunk, at: [place]).first ?? .none
    let error = try gradient.asTensor().map { tensor in
      try tensor.greatestMagnitude() == 0 ? 0 : .infinity
    }
    root.symbol = "L"
    let name = (SymbolText.unicode(target), SymbolText.latex(target))
    return Derivation(
      target: target, loss: thunk.source.text(in: thunk.expression.span), lossSymbol: "L",
      legend: [], definitions: [], lines: [],
      result: (
        ("∂L/∂\(name.0)", "\\frac{\\partial L}{\\partial \(name.1)}"), "0", "0", "\(shape)"
      ),
      expression: expression, shortExpression: expression, statements: [], error: error,
      remarks: remarks + [
        "\(target) has no influence on this loss: what was computed from it before and stored in a"
          + " variable counts as constant; write the loss as a function of \(target)"
      ])
  }
}

extension Node {
  /// Whether it is a row that is added to every row.
  var isBias: Bool {
    rank <= 2 && (rank < 2 || shape.dimensions.first == 1)
      && consumers.contains { $0.operation == "+" && $0.rank == 2 }
  }
}

extension Tensor {
  /// Broadcast to another tensor's shape, where it can be.
  func asShape(of other: Tensor) throws -> Tensor {
    shape == other.shape ? self : try broadcast(to: other.shape)
  }
}
