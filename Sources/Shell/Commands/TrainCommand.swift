import Console
import Datasets
import Language
import Networks
import Syntax
import Tensors

extension Command {
  /// Training and measuring networks.
  static let training: [Command] = [
    preflight, train, minimize, step, findRate, test, reset, stop, live, sample,
  ]

  /// The rates of the rules whose own is not the command's default: `0.001 for adam and adamw`.
  private static var otherRates: String {
    var rates: [Double] = []
    for rule in UpdateRule.all.dropFirst() where !rates.contains(rule.rateInTraining) {
      rates.append(rule.rateInTraining)
    }
    return rates.map { rate in
      let rules = UpdateRule.all.filter { $0.rateInTraining == rate }
      return "\(rate.displayed) for \(rules.names)"
    }.joined(separator: ", ")
  }

  /// What all that takes steps through data has in common.
  static let updateOptions: [Argument] = [
    .option(
      "batch", .integer, default: .number(128), words: ["full"],
      misnomers: ["batch_size", "batchsize", "minibatch", "bs"], "rows a step, or full"),
    .option(
      "rate", .schedule, default: .number(0.1),
      misnomers: UpdateRule.rateMisnomers,
      "the learning rate: a number or a schedule; \(otherRates)"),
    .option(
      "momentum", .number, default: .number(0.9), misnomers: UpdateRule.momentumMisnomers,
      "γ of v ← γv + αg; \(UpdateRule.having("momentum").names) only"),
    .option(
      "optimizer", .optimizer, default: .string("sgd"),
      words: UpdateRule.all.map(\.name), misnomers: ["opt", "solver"],
      "a rule's name, or an optimizer as adam(1e-3)"),
    .option(
      "l2", .number, default: .number(0), misnomers: UpdateRule.l2Misnomers,
      "adds l2·W to each gradient"),
    .option(
      "clip", .number, default: .number(0), misnomers: UpdateRule.clipMisnomers,
      "the norm that all gradients together are scaled down to; 0 for none"),
    .option("shuffle", .bool, default: .bool(true), "a new order of the rows each epoch"),
    .option(
      "augment", .function, default: .computed("nothing"),
      misnomers: ["augmentation", "transform"],
      "changes the inputs anew in every step: (x -> shift(x, 2))"),
    .option(
      "seed", .integer, default: .computed("the network's own"),
      misnomers: ["random_state", "random_seed"], "decides orders and dropout"),
  ]

  /// What `train` and `step` have in common.
  static let stepOptions: [Argument] =
    updateOptions + [
      .option(
        "only", .any, default: .computed("all layers"),
        "trains these layers alone: 2, or [1, 3], where n is the layer of W_n"),
      .option(
        "freeze", .any, default: .computed("none"), misnomers: ["frozen"],
        "leaves these layers as they are"),
      .option(
        "loss", .function, default: .computed("as before, or what the last layer is for"),
        words: Loss.allCases.map(\.rawValue), misnomers: ["criterion", "objective"],
        "what to make small, \(Loss.allCases.map(\.rawValue).joined(separator: ", ")) or a function "
          + "(target, p) -> …: cross_entropy after a softmax, bce after a sigmoid with targets 0 or "
          + "1, otherwise mse; a network goes on with what it was trained with"),
      .option(
        "reduction", .choice(LossReduction.allCases.map(\.rawValue)), default: .string("mean"),
        "whether a batch's gradient is the mean over its rows or their sum"),
      .option(
        "smooth", .number, default: .number(0), misnomers: ["label_smoothing"],
        "the share of each target that is spread over the classes, in training alone"),
      .option(
        "weights", .any, default: .computed("all alike"), words: ["balanced"],
        misnomers: ["class_weight", "class_weights"],
        "how much each class counts in the loss that is trained: balanced, or a number a class"),
      .option(
        "precision", .choice(Precision.allCases.map(\.rawValue)), default: .string("f32"),
        "the element type of the products; convolutions stay in Float32"),
    ]

  static let train = Command(
    "train", "trains a network; Ctrl-C stops it with everything kept",
    details: """
      It starts from the network's present weights and optimizer state. `net.history` grows by \
      loss and val_loss, and where the targets are classes by accuracy and val_accuracy: those of \
      the epoch's own forward passes, before each update, and those of the validation part at the \
      epoch's end. Without seed= a network keeps its own, so that copies trained alike end alike. \
      After an interruption, \
      `train NET` alone goes on to the planned end. With patience (early stopping), the best weights come back. A \
      NaN or infinity stops it with the step, layer and operation where it arose. Learning that died, \
      diverges, stalls, overfits or is too slow is told of in one line, with what to type.
      """,
    arguments: [
      .slot("net", .network, "the variable that holds the network"),
      .slot(
        "data", after: "on", .dataSet, default: .computed("where it was interrupted"),
        "a data set, a split or a record with x and y"),
      .option(
        "epochs", .integer, default: .number(10),
        misnomers: ["n_epochs", "num_epochs", "iterations", "max_iter"],
        "times through the data"),
    ] + hookArguments + stepOptions + [
      .option(
        "patience", .integer, default: .none, misnomers: ["early_stopping"],
        "stops when val_loss has not improved for so many measurements"),
      .option("every", .integer, default: .number(1), "epochs between measurements of val_loss"),
      .option(
        "folds", .integer, default: .none, misnomers: ["cv", "k_folds"],
        "cross-validates: trains so many copies, each validated on another part; the network stays"),
      .option(
        "save", .path, default: .computed("nowhere"), misnomers: ["checkpoint"],
        "a file that the network is saved to after each epoch, whole or not at all"),
      logArgument, liveArgument,
      .option("plot", .bool, default: .bool(false), "draws the history at the end"),
    ],
    result:
      "record {epochs, loss, accuracy, val_loss, val_accuracy, seconds}; for numbers r2 and mae",
    examples: [
      .init(
        """
        load letters
        net = dense(784, 16) |> relu |> dense(10) |> softmax
        train net on letters epochs=1 batch=full
        len(net.history.loss)
        """, nil)
    ],
    seeAlso: ["step", "test", "reset", "plot", "explain", "live"]
  ) { context in
    let place = try context.place("net")
    var network = try context.network("net")
    let run = try TrainingRun(context, place: place)
    if context.has("data") {
      let settings = TrainingSettings(context)
      var options = try settings.options()
      options.frozen = try settings.frozen(of: network)
      options.savePath = try context.word("save")
      options.logPath = try context.word("log")
      let data = try context.trainingData("data", for: network)
      if let folds = try context.integer("folds") {
        return try CrossValidation(context, network, data, options, folds: folds).run()
      }
      network.names = try context.classNames("data", of: data)
      let trainer = try Trainer(network, data: data, options: options)
      context.noteTheLoss(of: trainer, network, place)
      return try run.finish(trainer)
    }
    if let option = context.command.inputs.first(where: {
      !["net", "plot", "save", "log", "live"].contains($0.slot)
    }) {
      throw RuntimeError.other(
        "\(option.slot)= is given, but no data: train \(place.description) alone goes on as planned",
        hint: "write train \(place.description) on DATA \(option.slot)=…")
    }
    let data = try context.dataAgain(for: network)
    return try run.finish(try Trainer(resuming: network, data: data))
  }

  static let step = Command(
    "step", "takes minibatch steps, printing the loss of each",
    arguments: [
      .slot("net", .network, "the variable that holds the network"),
      .slot("data", after: "on", .dataSet, "a data set, a split or a record with x and y"),
      .slot("count", .integer, default: .number(1), "how many steps"),
    ] + stepOptions,
    result: "the last loss",
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1], names=["up", "right"])
        net = dense(2, 2) |> softmax
        net.W1 = [[-1, 1], [1, -1]]
        step net on d 2 rate=0.5
        """, "step 1  loss 0.0725\nstep 2  loss 0.0696")
    ],
    seeAlso: ["train", "test"]
  ) { context in
    let place = try context.place("net")
    let network = try context.network("net")
    let count = try context.count("count") ?? 1
    let settings = TrainingSettings(context)
    var options = try settings.options()
    options.frozen = try settings.frozen(of: network)
    let trainer = try Trainer(
      network, data: context.trainingData("data", for: network), options: options)
    context.noteTheLoss(of: trainer, network, place)
    let losses: [Double]
    do {
      losses = try trainer.takeSteps(count) { number, loss in
        context.print("step \(number)  loss \(NumberForm.loss(loss))")
      }
    } catch {
      try place.write(.network(Box(NetworkValue(try trainer.trained()))))
      throw error
    }
    try place.write(.network(Box(NetworkValue(try trainer.trained()))))
    if Interrupt.isRequested { throw RuntimeError.interrupted }
    return losses.last.map { .number($0) }
  }

  static let reset = Command(
    "reset", "draws new weights for a network and forgets its history",
    arguments: [.slot("net", .network, "the variable that holds the network")],
    examples: [
      .init(
        "net = dense(2, 2)\nold = net.W1\nreset net\nany(net.W1 != old)", "true")
    ],
    seeAlso: ["train", "clear"]
  ) { context in
    let place = try context.place("net")
    var network = try context.network("net")
    try context.machine.random.drawing { try network.reset(generator: &$0) }
    try place.write(.network(Box(NetworkValue(network))))
    return nil
  }
}

extension CommandContext {
  /// The rows to train and to validate on, in the shape that the network takes.
  func trainingData(_ slot: String, for network: Network) throws -> TrainingData {
    var data = try trainingData(of: requiredValue(slot), slot, for: network)
    if let input = command.first(slot) { data.name = sourceText(input) }
    return data
  }

  /// What the data calls its classes.
  fileprivate func classNames(_ slot: String, of data: TrainingData) throws -> [String] {
    try EvaluationData(requiredValue(slot), slot: slot, self).names
  }

  /// The data of an interrupted training that a file has brought without it; nil where the network
  /// has its data. A data set that is known by its name is loaded.
  fileprivate func dataAgain(for network: Network) throws -> TrainingData? {
    guard let unfinished = network.unfinished, unfinished.data == nil else { return nil }
    let source = unfinished.source
    guard let root = CheckpointCode.rootName(of: source.name) else {
      let value = try? CheckpointCode.value(of: source.name, on: machine)
      return try value.map { try trainingData(of: $0, "data", for: network) }
    }
    if machine.globals[root] == nil {
      guard case .dataSet(let set)? = try? Loader.load(root) else {
        throw TrainingError.dataMissing(source)
      }
      try define(root, .dataSet(Box(set)))
      note(set.summary)
    }
    var data = try trainingData(
      of: CheckpointCode.value(of: source.name, on: machine), "data", for: network)
    data.name = source.name
    return data
  }

  private func trainingData(of value: Value, _ slot: String, for network: Network) throws
    -> TrainingData
  {
    if case .dataSet(let box) = value {
      let set = box.content
      let validation =
        set.valid.isEmpty ? nil : (set.valid.inputs(for: network), set.valid.y)
      return try data(of: set.train, validation, for: network)
    }
    return try data(of: EvaluationData(value, slot: slot, self).split, nil, for: network)
  }

  private func data(
    of split: Split, _ validation: (Tensor, Tensor)?, for network: Network
  ) throws -> TrainingData {
    var data = try TrainingData(
      inputs: split.inputs(for: network), targets: split.y, weights: split.weights,
      validation: validation.map { (inputs: $0.0, targets: $0.1) })
    data.imageShape = split.imageDimensions
    return data
  }

  /// Says once what surprises people: classes that are trained as numbers.
  func noteTheLoss(of trainer: Trainer, _ network: Network, _ place: Place) {
    guard trainer.options.loss == nil, trainer.loss == .meanSquaredError, trainer.task == .classes,
      network.history.count == 0, network.optimizerState.steps == 0
    else { return }
    note(
      "the targets are classes, but \(place.description) ends in "
        + "\(network.layers.last?.description ?? "") and trains with mse: for cross_entropy put "
        + "|> softmax at its end")
  }
}
