import Language
import Networks
import Syntax
import Tensors

/// `check all in FILE`: every gradient that a script computes, beside autodiff of its loss.
///
/// What a gradient and the loss need is computed afresh from the script's own statements, so that
/// both see the same parameters whenever the script updates them.
package struct ScriptCheck {
  /// What was found for one gradient.
  package struct Entry {
    package let name: String
    package let line: Int
    package let variable: String
    /// The report, or why there is none.
    package let report: CheckReport?
    package let note: String
  }

  /// What the gradients are of.
  private struct Loss {
    let expression: Expression
    let item: ScriptOutline.Item?
  }

  let outline: ScriptOutline
  let machine: Machine
  let source: SourceText

  /// - Parameter program: the script, which has just run on the machine.
  package init(_ program: Program, on machine: Machine) {
    self.machine = machine
    source = program.source
    outline = ScriptOutline(program.statements, source: program.source, machine: machine)
  }

  /// Checks them all, in the order of the source.
  package func run() throws -> (entries: [Entry], unmatched: [String], loss: String) {
    let gradients = writtenGradients()
    guard let loss = findLoss() else {
      throw RuntimeError.other(
        "\(source.name) has no loss that could be told",
        hint: "name it L, loss or cost, or compute it with averageCE, cross_entropy or mse")
    }
    let text =
      loss.item == nil
      ? loss.expression.sourceText() : source.text(in: loss.expression.span)
    let entries = try gradients.found.map { candidate in
      try Interrupt.check()
      return try check(candidate, loss, text)
    }
    return (entries, gradients.unmatched, text)
  }

  private func findLoss() -> Loss? {
    for name in GradientNames.losses {
      if case .function(let function)? = machine.globals[name], function.definition != nil,
        function.parameters.allSatisfy(\.hasDefault),
        let call = try? Parser.parseExpression(SourceText("\(name)()", name: source.name))
      {
        return Loss(expression: call, item: nil)
      }
    }
    for item in outline.items.reversed() {
      guard case .assignment(let targets, let value) = item.statement.kind, targets.count == 1,
        case .name(let name) = targets[0].kind, GradientNames.losses.contains(name),
        outline.dependents.contains(name)
      else { continue }
      return Loss(expression: value, item: item)
    }
    var call: Loss?
    for item in outline.items where !item.statement.kind.isDefinition {
      SyntaxWalk.own(item.statement) { expression in
        if case .call(let callee, _) = expression.kind, case .name(let name) = callee.kind,
          GradientNames.lossBuiltins.contains(name) || GradientNames.losses.contains(name)
        {
          call = Loss(expression: expression, item: item)
        }
      }
    }
    return call
  }

  // MARK: Checking

  private func check(_ candidate: WrittenGradient, _ loss: Loss, _ lossText: String) throws -> Entry
  {
    let line = line(of: candidate)
    func entry(_ report: CheckReport?, _ note: String = "") -> Entry {
      Entry(
        name: candidate.name, line: line, variable: candidate.variable, report: report, note: note)
    }
    do {
      var report = try self.report(
        candidate, loss, lossText, withUpdates: candidate.isComputed)
      if report.verdict == .wrong, candidate.isComputed, let updated = updatesBefore(candidate) {
        let without = try self.report(candidate, loss, lossText, withUpdates: false)
        let words =
          "\(updated.name) is updated on line \(updated.line), before this gradient is "
          + "computed from it"
        if without.isRight {
          report = report.replacing(fault: .stale, detail: words)
        } else if report.fault == .unknown, without.fault != .unknown {
          report = without.replacing(fault: without.fault, detail: "\(without.detail); \(words)")
        }
      }
      return entry(report)
    } catch let error as Diagnostic {
      return entry(nil, error.message)
    } catch {
      if Interrupt.isRequested { throw error }
      return entry(nil, RuntimeError(error).message)
    }
  }

  private func line(of candidate: WrittenGradient) -> Int {
    var span = candidate.item.statement.span
    if !candidate.isComputed {
      let definition = outline.items.first {
        $0.statement.kind.isDefinition && $0.assigned.contains(candidate.name)
      }
      span = definition?.statement.span ?? span
    }
    return source.position(of: span.start).line
  }

  /// The parameter that is updated in the block before a gradient that depends on it.
  private func updatesBefore(_ candidate: WrittenGradient) -> (name: String, line: Int)? {
    let needed = NameCollector(thunk: candidate.expression).free
    let all = outline.slice(for: needed, before: candidate.item, withUpdates: true)
    for statement in all {
      let names = ScriptOutline.names(statement)
      if let name = names.assigned.first(where: { outline.parameters.contains($0) }) {
        return (name, source.position(of: statement.span.start).line)
      }
    }
    return nil
  }

  private func report(
    _ candidate: WrittenGradient, _ loss: Loss, _ lossText: String, withUpdates: Bool
  ) throws -> CheckReport {
    let expression = source.text(in: candidate.expression.span)
    let isWritten = candidate.isComputed
    var gradient = try part(
      "check_gradient", isWritten ? expression : candidate.expression.sourceText(),
      slice: outline.slice(
        for: NameCollector(thunk: candidate.expression).free, before: candidate.item,
        withUpdates: withUpdates), shown: candidate.name)
    gradient.written = (candidate.expression, source)
    let slice = loss.item.map {
      outline.slice(
        for: NameCollector(thunk: loss.expression).free, before: $0, withUpdates: false)
    }
    let lossPart = try part(
      "check_loss", lossText, slice: slice ?? [], shown: lossText, asParameters: false)
    let subject = CheckSubject(
      gradient: gradient, loss: lossPart,
      variable: .init(global: candidate.variable, of: machine))
    return try GradientCheck(subject, on: machine).run()
  }

  /// A function of the script's own statements that ends in an expression. As the parameters are
  /// its arguments, updates inside it stay inside.
  private func part(
    _ name: String, _ expression: String, slice: [Statement], shown: String,
    asParameters: Bool = true
  ) throws -> CheckSubject.Part {
    let parameters = asParameters ? outline.parameters.joined(separator: ", ") : ""
    let lines = slice.map { source.text(in: $0.span) } + ["return \(expression)"]
    let code = "fn \(name)(\(parameters)) {\n" + lines.joined(separator: "\n") + "\n}"
    try machine.run(try machine.compile(SourceText(code, name: source.name)))
    let callSource = SourceText("\(name)(\(parameters))", name: source.name)
    let call = try Parser.parseExpression(callSource)
    return CheckSubject.Part(text: shown, expression: call, source: callSource) {
      [machine, outline] in
      guard let function = machine.globals[name] else { throw RuntimeError.unknownName(name) }
      let arguments = asParameters ? outline.parameters.map { machine.globals[$0] ?? .none } : []
      return try machine.call(function, arguments)
    }
  }
}
