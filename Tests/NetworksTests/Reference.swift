import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// Small data whose classes can be learnt.
struct Sample {
  let inputs: Tensor
  let targets: Tensor

  init(rows: Int, features: Int, classes: Int, seed: UInt64 = 3) throws {
    var generator = RandomGenerator(seed: seed)
    inputs = try generator.normal(Shape(checking: [rows, features]))
    let weights = try generator.normal(Shape(checking: [features, classes]))
    let labels = try Tensor.matmul(inputs, weights).argmax(axis: 1).doubles()
    var oneHot = [Float](repeating: 0, count: rows * classes)
    for (row, label) in labels.enumerated() { oneHot[row * classes + Int(label)] = 1 }
    targets = try Tensor(oneHot, Shape(checking: [rows, classes]))
  }

  func data(validation: Sample? = nil) throws -> TrainingData {
    try TrainingData(
      inputs: inputs, targets: targets, validation: validation.map { ($0.inputs, $0.targets) })
  }
}

func network(_ layers: [any Layer], seed: UInt64 = 11) throws -> Network {
  var generator = RandomGenerator(seed: seed)
  return try Network(layers, generator: &generator)
}

func trainer(_ network: Network, _ data: TrainingData, _ options: TrainingOptions) throws -> Trainer
{
  try Trainer(network, data: data, options: options)
}

/// Training written out with the tape, in Float64: what the planned trainer must agree with.
struct Reference {
  var parameters: [Tensor]
  private var first: [Tensor]
  private var second: [Tensor]
  private var steps = 0
  let network: Network
  let options: TrainingOptions

  init(_ network: Network, _ options: TrainingOptions) throws {
    self.network = network
    self.options = options
    parameters = try network.parameters.map { try $0.tensor.cast(to: .f64) }
    first = try parameters.map { try Tensor.zeros($0.shape, .f64) }
    second = first
  }

  /// One step on these rows.
  mutating func step(_ inputs: Tensor, _ targets: Tensor, rate: Double) throws {
    let (x, y) = (Variable(try inputs.cast(to: .f64)), Variable(try targets.cast(to: .f64)))
    let lossKind = try network.loss(requested: options.loss, for: targets)
    let scale: Double =
      options.reduction == .mean
      ? 1 : lossKind.averagesColumns ? Double(y.count) : Double(x.shape[0])
    let gradients = try gradient(
      of: { values in
        let p = try network.forward(x, parameters: values)
        let loss =
          switch lossKind {
          case .crossEntropy, .averageCrossEntropy:
            try Variable.crossEntropy(target: y, prediction: p)
          case .binaryCrossEntropy: try Variable.binaryCrossEntropy(target: y, prediction: p)
          case .meanSquaredError: try Variable.meanSquaredError(target: y, prediction: p)
          case .recorded(let loss): try loss.function(y, p)
          }
        return try .multiply(loss, Variable(scale))
      }, at: parameters)
    steps += 1
    let clip = Self.clipping(gradients.flatMap { $0.doubles() }, options.optimizer)
    for index in parameters.indices {
      let w = parameters[index].doubles()
      let g = zip(gradients[index].doubles(), w).map {
        clip * $0 + (options.optimizer["l2"] ?? 0) * $1
      }
      var (m, v) = (first[index].doubles(), second[index].doubles())
      let changed = w.indices.map { i in
        Self.update(
          w[i], g[i], &m[i], &v[i], options.optimizer, rate: rate, step: Double(steps))
      }
      let shape = parameters[index].shape
      parameters[index] = try Tensor(changed, shape)
      first[index] = try Tensor(m, shape)
      second[index] = try Tensor(v, shape)
    }
  }

  /// What gradients are multiplied by so that their norm is the optimizer's clip at most.
  static func clipping(_ gradients: [Double], _ optimizer: Optimizer) -> Double {
    let norm = gradients.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard let clip = optimizer["clip"], clip > 0, norm > clip else { return 1 }
    return clip / (norm + 1e-6)
  }

  static func update(
    _ w: Double, _ g: Double, _ m: inout Double, _ v: inout Double, _ optimizer: Optimizer,
    rate: Double, step: Double
  ) -> Double {
    func power(_ base: Double) -> Double { (0..<Int(step)).reduce(1) { p, _ in p * base } }
    func value(_ setting: String) -> Double { optimizer[setting] ?? .nan }
    switch optimizer.name {
    case "sgd":
      m = value("momentum") * m + rate * g
      return w - (value("nesterov") == 1 ? value("momentum") * m + rate * g : m)
    case "adam", "adamw":
      let (b1, b2) = (value("beta1"), value("beta2"))
      m = b1 * m + (1 - b1) * g
      v = b2 * v + (1 - b2) * g * g
      return w * (1 - rate * (optimizer["decay"] ?? 0)) - rate * (m / (1 - power(b1)))
        / ((v / (1 - power(b2))).squareRoot() + 1e-8)
    case "rmsprop":
      m = value("rho") * m + (1 - value("rho")) * g * g
      return w - rate * g / (m.squareRoot() + 1e-8)
    case "adagrad":
      m += g * g
      return w - rate * g / (m.squareRoot() + 1e-10)
    case "lion":
      let mixed = value("beta1") * m + (1 - value("beta1")) * g
      m = value("beta2") * m + (1 - value("beta2")) * g
      let sign: Double = mixed > 0 ? 1 : mixed < 0 ? -1 : 0
      return w * (1 - rate * value("decay")) - rate * sign
    default: return .nan
    }
  }

  /// The largest relative difference to a trained network's parameters.
  func difference(to network: Network) -> Double {
    zip(parameters, network.parameters).map { NetworksTests.difference($0, $1.tensor) }.max() ?? 0
  }
}
