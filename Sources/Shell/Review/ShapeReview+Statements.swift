import Datasets
import Language
import Syntax

extension ShapeReview {
  mutating func follow(_ block: Block) {
    for statement in block.statements where !scope.hasLeft { follow(statement) }
  }

  mutating func follow(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression): _ = value(of: expression)
    case .assignment(let targets, let value): assign(targets, self.value(of: value))
    case .update(let target, let operation, let value):
      let sum = Expression(
        .binary(operation, target, value, operatorSpan: statement.span), statement.span)
      assign([target], self.value(of: sum))
    case .function(let literal):
      if let name = literal.name { set(name.text, .function(KnownFunction(literal, in: scope))) }
    case .whileLoop(let condition, let body):
      if case .exact(.bool(false)) = value(of: condition) { return }
      followLoop {
        _ = $0.value(of: condition)
        $0.follow(body)
      }
    case .forLoop(let names, let sequence, let body): followFor(names, sequence, body)
    // Whether the rest of the turn runs is decided where the loop is left or goes on.
    case .breakLoop, .continueLoop: scope.hasLeft = true
    case .returnValue(let value): leave(with: value.map { self.value(of: $0) } ?? .exact(.none))
    case .command(let command): follow(command)
    }
  }

  mutating func leave(with value: KnownValue) {
    scope.result = scope.result.map { $0.joined(with: value) } ?? value
    scope.hasLeft = true
  }

  private mutating func assign(_ targets: [Expression], _ value: KnownValue) {
    guard targets.count > 1 else {
      if let target = targets.first { assign(target, value) }
      return
    }
    var parts = [KnownValue](repeating: .unknown, count: targets.count)
    switch value {
    case .list(let elements) where elements.count == targets.count: parts = elements
    case .exact(.list(let box)) where box.content.count == targets.count:
      parts = box.content.map { .exact($0) }
    default: break
    }
    for (target, part) in zip(targets, parts) { assign(target, part) }
  }

  private mutating func assign(_ target: Expression, _ value: KnownValue) {
    switch target.kind {
    case .name(let name): set(name, value)
    case .index(let container, _):
      // A tensor keeps its shape, whatever is put into it.
      guard case .name(let name) = container.kind else { return forget(target) }
      switch known(name) {
      case .exact(.tensor(let box)): set(name, KnownValue(shapeOf: .tensor(box)))
      case .tensor: break
      default: set(name, .unknown)
      }
    default: forget(target)
    }
  }

  /// What is written into is no longer known.
  private mutating func forget(_ target: Expression) {
    switch target.kind {
    case .name(let name): set(name, .unknown)
    case .index(let inner, _), .field(let inner, _): forget(inner)
    default: break
    }
  }

  private mutating func followFor(_ names: [Name], _ sequence: Expression, _ body: Block) {
    let element = element(of: value(of: sequence))
    if case .exact(.bool(false)) = element { return }
    followLoop { review in
      for name in names { review.set(name.text, names.count == 1 ? element : .unknown) }
      review.follow(body)
    }
  }

  /// What a loop's variable holds; `false` where the loop has no turn.
  private func element(of sequence: KnownValue) -> KnownValue {
    switch sequence {
    case .exact(.range(let box)):
      return box.content.exactCount > 0 ? .number : .exact(.bool(false))
    case .exact(.tensor(let box)): return element(of: KnownValue(shapeOf: .tensor(box)))
    case .tensor(let shape, let type):
      guard let length = shape.dimensions.first, length > 0 else { return .exact(.bool(false)) }
      let rest = Array(shape.dimensions.dropFirst())
      return rest.isEmpty
        ? .number : (try? .tensor(.init(checking: rest), type)) ?? .unknown
    case .list(let elements):
      guard let first = elements.first else { return .exact(.bool(false)) }
      return elements.dropFirst().reduce(first) { $0.joined(with: $1) }
    default: return .unknown
    }
  }

  // MARK: commands

  private mutating func follow(_ command: Syntax.Command) {
    if command.arguments.isEmpty, known(command.name.text).isKnown { return }
    reviewTraining(by: command)
    let rows = command.name.text == "minimize" ? Set(RowVariables.names) : []
    withUnknown(rows) { review in
      for argument in command.arguments {
        guard case .expression(let expression) = argument.value else { continue }
        // Blocks and conditions run later, and change what they like.
        if expression.commandBlock != nil || argument.slot == "until" {
          review.withUnknown(Set(EpochHooks.names)) { review in
            review.doubting { $0.followLoop { _ = $0.value(of: expression) } }
          }
        } else {
          _ = review.value(of: expression)
        }
      }
    }
    define(by: command)
  }

  /// Follows something while variables hold what only a run gives them.
  private mutating func withUnknown(_ names: Set<String>, _ body: (inout Self) -> Void) {
    let before = names.map { ($0, scope.owner(of: $0).variables[$0]) }
    for name in names { set(name, .unknown) }
    body(&self)
    for (name, value) in before { scope.owner(of: name).variables[name] = value }
  }

  /// Whether the data of `train net on d`, and of its kin, fits the network.
  private mutating func reviewTraining(by command: Syntax.Command) {
    guard case .expression(let net)? = command.values("net").first?.value,
      let on = ["data", "split"].compactMap({ command.values($0).first }).first,
      case .expression(let data) = on.value,
      case .exact(.network(let network)) = value(of: net)
    else { return }
    let split: Split
    switch value(of: data) {
    case .exact(.dataSet(let box)): split = box.content.train
    case .exact(.split(let box)): split = box.content
    default: return
    }
    let sizes = split.inputs(for: network.content.network).shape.dimensions.dropFirst()
    do {
      _ = try network.content.network.outputShape(for: Array(sizes))
    } catch {
      guard case .layerInput = error else { return }
      blame(
        Diagnostic(
          phase: .syntax, error.message, source: source, span: net.span.union(data.span)))
    }
  }

  private mutating func define(by command: Syntax.Command) {
    if let target = command.target { set(target.text, .unknown) }
    switch command.name.text {
    case "run", "clear", "lesson":
      for name in globals.variables.keys { globals.variables[name] = .unknown }
    case "minimize":
      for argument in command.values("names") {
        if case .expression(let expression) = argument.value { forgetElements(of: expression) }
      }
    case "load", "use":
      guard let names = Definitions.names(definedBy: command) else {
        for name in globals.variables.keys { globals.variables[name] = .unknown }
        return
      }
      for name in names { set(name, loaded(by: command)) }
    default: break
    }
  }

  /// A data set that is known by its name.
  private func loaded(by command: Syntax.Command) -> KnownValue {
    guard command.name.text == "load",
      case .word(let word)? = command.values("source").first?.value,
      NamedSet.all.contains(where: { $0.name == word }),
      case .dataSet(let set)? = try? Loader.load(word)
    else { return .unknown }
    return .exact(.dataSet(Box(set)))
  }

  private mutating func forgetElements(of target: Expression) {
    guard case .name(let name) = target.kind else { return forget(target) }
    if case .exact(let value) = known(name) { set(name, KnownValue(shapeOf: value)) }
  }
}
