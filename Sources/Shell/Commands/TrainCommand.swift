import Console
import Datasets
import Language
import Networks
import Syntax
import Tensors

extension Command {
  /// Training and measuring networks.
  static let training: [Command] = [train, minimize, step, test, reset, stop]

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
      misnomers: ["lr", "learning_rate", "learningrate", "eta", "alpha", "step_size"],
      "the learning rate: a number or a schedule; \(otherRates)"),
    .option(
      "momentum", .number, default: .number(0.9), misnomers: ["gamma", "mu"],
      "γ of v ← γv + αg; \(UpdateRule.having("momentum").names) only"),
    .option(
      "optimizer", .optimizer, default: .string("sgd"),
      words: UpdateRule.all.map(\.name), misnomers: ["opt", "solver"],
      "a rule's name, or an optimizer as adam(1e-3)"),
    .option(
      "l2", .number, default: .number(0), misnomers: ["weight_decay", "wd", "decay"],
      "adds l2·W to each gradient"),
    .option(
      "clip", .number, default: .number(0), misnomers: ["clip_norm", "max_norm", "grad_clip"],
      "the norm that all gradients together are scaled down to; 0 for none"),
    .option("shuffle", .bool, default: .bool(true), "a new order of the rows each epoch"),
    .option(
      "seed", .integer, default: .computed("the network's own"),
      misnomers: ["random_state", "random_seed"], "decides orders and dropout"),
  ]

  /// What `train` and `step` have in common.
  private static let stepOptions: [Argument] =
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
        "precision", .choice(Precision.allCases.map(\.rawValue)), default: .string("f32"),
        "the element type of the products"),
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
      NaN or infinity stops it with the step, layer and operation where it arose.
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
        "save", .path, default: .computed("nowhere"), misnomers: ["checkpoint"],
        "a file that the network is saved to after each epoch, whole or not at all"),
      .option("plot", .bool, default: .bool(false), "draws the history at the end"),
    ],
    result: "record {epochs, loss, accuracy, val_loss, val_accuracy, seconds}",
    examples: [
      .init(
        """
        load letters
        net = dense(784, 16) |> relu |> dense(10) |> softmax
        train net on letters epochs=1 batch=full
        len(net.history.loss)
        """, nil)
    ],
    seeAlso: ["step", "test", "reset", "plot"]
  ) { context in
    let place = try context.place("net")
    let network = try context.network("net")
    let run = try TrainingRun(context, place: place)
    if context.has("data") {
      let settings = TrainingSettings(context)
      var options = try settings.options()
      options.frozen = try settings.frozen(of: network)
      let data = try context.trainingData("data", for: network)
      let trainer = try Trainer(network, data: data, options: options)
      context.noteTheLoss(of: trainer, network, place)
      return try run.finish(trainer)
    }
    if let option = context.command.inputs.first(where: {
      !["net", "plot", "save"].contains($0.slot)
    }) {
      throw RuntimeError.other(
        "\(option.slot)= is given, but no data: train \(place.description) alone goes on as planned",
        hint: "write train \(place.description) on DATA \(option.slot)=…")
    }
    return try run.finish(try Trainer(resuming: network))
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
    let value = try requiredValue(slot)
    if case .dataSet(let box) = value {
      let set = box.content
      let validation =
        set.valid.isEmpty ? nil : (set.valid.inputs(for: network), set.valid.y)
      return try TrainingData(
        inputs: set.train.inputs(for: network), targets: set.train.y,
        validation: validation.map { (inputs: $0.0, targets: $0.1) })
    }
    let split = try EvaluationData(value, slot: slot, self).split
    return try TrainingData(inputs: split.inputs(for: network), targets: split.y)
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
