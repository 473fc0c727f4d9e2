import Networks
import Syntax
import Tensors

extension Value {
  /// `first |> second` of two functions or networks: a network where both are layers or networks,
  /// otherwise a function that calls one after the other.
  static func composed(_ first: Value, _ second: Value, random: RandomState) throws -> Value {
    if let a = try first.asNetwork(random), let b = try second.asNetwork(random) {
      return .network(
        Box(NetworkValue(try Network.composed(a, b, generator: &random.generator))))
    }
    for (layer, other) in [(first, second), (second, first)] {
      if case .network = layer, let name = other.hiddenLayer {
        throw RuntimeError.other(
          "\(name) is a function of your own here and no layer of a network",
          hint: "clear \(name) brings the layer back, or give your function another name")
      }
    }
    guard second.isComposable else { throw RuntimeError.notCallable(kind: second.kindName) }
    return .function(Function(composing: first.steps + second.steps))
  }

  /// The name of the layer that this function of a person's own hides.
  private var hiddenLayer: String? {
    guard case .function(let function) = self, function.builtin == nil, let name = function.name,
      let hidden = Builtin.named(name),
      hidden.layer != nil || hidden.declaration.group == .layers
    else { return nil }
    return name
  }

  private var steps: [Value] {
    if case .function(let function) = self, case .composed(let steps) = function.origin {
      return steps
    }
    return [self]
  }

  /// The network that this is, or the layer that a builtin's bare name stands for.
  func asNetwork(_ random: RandomState) throws -> Network? {
    switch self {
    case .network(let box): return box.content.network
    case .function(let function):
      guard let layer = function.builtin?.layer?.layer else { return nil }
      return try Network([layer], generator: &random.generator)
    default: return nil
    }
  }

  /// What a network gives for rows of examples, recorded where it or they are differentiated.
  static func output(of network: NetworkValue, for input: Value) throws -> Value {
    if case .traced(let box) = input {
      return Value(
        try network.network.forward(box.content, parameters: network.tracedParameters))
    }
    guard let x = try input.asTensor() else {
      throw RuntimeError.argumentKind(
        function: "a network", parameter: "x", expected: "a tensor", got: input.kindPhrase)
    }
    if let parameters = network.tracedParameters {
      return Value(try network.network.forward(Variable(x), parameters: parameters))
    }
    return Value(try network.network.forward(x))
  }
}

extension LayerKind {
  /// The layer.
  var layer: any Layer {
    switch self {
    case .relu: ActivationLayer(.relu)
    case .tanh: ActivationLayer(.tanh)
    case .sigmoid: ActivationLayer(.sigmoid)
    case .gelu: ActivationLayer(.gelu)
    case .softmax: Softmax()
    case .flatten: Flatten()
    case .batchNorm: BatchNormalization()
    }
  }
}

extension Value {
  /// A bracket literal: numbers make a tensor of one dimension, bracket literals of tensors of one
  /// shape their stack, anything else a list.
  ///
  /// - Parameter elementType: of a tensor of plain numbers.
  static func bracket(
    _ elements: [Value], isNested: Bool, elementType: ElementType = .f32
  ) throws -> Value {
    guard !elements.isEmpty else { return .items([]) }
    var isTraced = false
    var numbers: [Double] = []
    var shapes: Set<Shape> = []
    for element in elements {
      switch element {
      case .number(let number): numbers.append(number)
      case .tensor(let box): shapes.insert(box.content.shape)
      case .traced(let box):
        isTraced = true
        shapes.insert(box.content.shape)
      default: return .items(elements)
      }
    }
    if numbers.count == elements.count {
      let shape = try Shape(checking: [numbers.count])
      return .tensor(Box(try Tensor(doubles: numbers, shape, elementType: elementType)))
    }
    let areNumbers = shapes.subtracting([.scalar]).isEmpty
    let areAlike = isNested && numbers.isEmpty && shapes.count == 1
    guard areNumbers || areAlike else { return .items(elements) }
    if isTraced {
      let variables = try elements.compactMap { try $0.asVariable() }
      return Value(try .stack(variables))
    }
    let tensors = try elements.compactMap { try $0.asTensor() }
    return .tensor(Box(try Tensor.stack(tensors)))
  }

  /// `a..<b`, `a...b`, `by step`.
  static func range(
    _ lower: Value, _ upper: Value, by step: Value?, isInclusive: Bool
  ) throws -> Value {
    guard let first = lower.asNumber(), let last = upper.asNumber() else {
      throw RuntimeError.other(
        "a range goes from number to number, not from \(lower.kindPhrase) to \(upper.kindPhrase)",
        hint: nil)
    }
    var distance = 1.0
    if let step {
      guard let number = step.asNumber(), number != 0, number.isFinite else {
        throw RuntimeError.other("the step of a range must be a number other than 0", hint: nil)
      }
      distance = number
    }
    return .range(
      Box(NumberRange(lower: first, upper: last, step: distance, isInclusive: isInclusive)))
  }
}
