import Syntax
import Tensors

/// How far a long run is, in the words and bars of one line.
package struct Progress: Sendable {
  /// The steps done and to do.
  package var done: Int
  package var total: Int
  /// What the steps are: `epoch`.
  package var unit: String
  /// Named figures in the order they are shown: `("loss", "0.1234")`.
  package var figures: [(name: String, text: String)]
  /// Seconds since the start.
  package var elapsed: Double
  /// What is worked off a second, with its unit: `45 000 rows/s`; empty for none.
  package var speed: String
  /// The seconds left; nil where that is not known.
  package var secondsLeft: Double?

  package init(
    done: Int, total: Int, unit: String, figures: [(name: String, text: String)],
    elapsed: Double, speed: String = "", secondsLeft: Double? = nil
  ) {
    self.done = done
    self.total = total
    self.unit = unit
    self.figures = figures
    self.elapsed = elapsed
    self.speed = speed
    self.secondsLeft = secondsLeft
  }

  /// The line that is redrawn in place: count, bar, time, figures, speed. What does not fit is left
  /// out from the right, so that it never wraps.
  package func bar(width: Int, paint: Paint = Paint(isOn: false)) -> String {
    let counted = String(repeating: " ", count: max(0, "\(total)".count - "\(done)".count))
    var parts = ["\(unit) \(counted)\(done)/\(total)"]
    let barWidth = min(24, max(0, width / 5))
    var used = DisplayWidth.of(parts[0]) + 1 + barWidth
    let share = total > 0 ? Double(done) / Double(total) : 0
    parts.append(paint(Self.blocks(share, width: barWidth), .green))
    for part in [time] + figures.map({ "\($0.name) \($0.text)" }) + [speed] where !part.isEmpty {
      let next = DisplayWidth.of(part) + 2
      guard used + next < width else { break }
      used += next
      parts.append(" " + part)
    }
    return parts.joined(separator: " ")
  }

  /// What is most wanted to know: how long it takes still, or took; empty where that is not known.
  private var time: String {
    if done == total { return "in \(NumberForm.duration(elapsed))" }
    return secondsLeft.map { "\(NumberForm.duration($0)) left" } ?? ""
  }

  /// The line for where nothing can be redrawn.
  package var line: String {
    var text = "\(unit) \(done)/\(total)"
    for (name, value) in figures { text += "  \(name) \(value)" }
    if !speed.isEmpty { text += "  \(speed)" }
    return text
  }

  /// A bar of eighths of a character.
  static func blocks(_ share: Double, width: Int) -> String {
    guard width > 0 else { return "" }
    let clamped = share.isFinite ? min(1, max(0, share)) : 0
    let eighths = Int((clamped * Double(width * 8)).rounded(.down))
    var text = String(repeating: "█", count: eighths / 8)
    let partial = Array(" ▏▎▍▌▋▊▉")[eighths % 8]
    if eighths / 8 < width { text.append(eighths % 8 == 0 ? "░" : partial) }
    return text + String(repeating: "░", count: max(0, width - eighths / 8 - 1))
  }
}

/// Shows `Progress`: drawn in place on a terminal, line by line where nothing can be redrawn, or
/// handed on as it is.
package final class ProgressReporter {
  private let isInPlace: Bool
  /// Takes it as it is, in place of any text.
  private let follow: ((Progress) -> Void)?
  private let paint: Paint
  private let write: (String) -> Void
  private let clock: () -> Double
  private var lastDrawn = -Double.infinity
  private var isShown = false
  /// Where nothing is redrawn, the lines of how many steps become one.
  private let every: Int
  /// A line that was not written, as it falls between.
  private var unwritten: String?

  /// - Parameters:
  ///   - every: where nothing is redrawn, a line is written of each so-manieth step and the last.
  ///   - write: takes what is to appear.
  ///   - clock: seconds that only grow.
  package init(
    isInPlace: Bool, paint: Paint, every: Int = 1, write: @escaping (String) -> Void,
    clock: @escaping () -> Double = MonotonicClock.now
  ) {
    self.isInPlace = isInPlace
    self.every = max(1, every)
    self.paint = paint
    self.write = write
    self.clock = clock
    follow = nil
  }

  /// One that hands progress on.
  package init(
    clock: @escaping () -> Double = MonotonicClock.now, follow: @escaping (Progress) -> Void
  ) {
    isInPlace = true
    every = 1
    paint = Paint(isOn: false)
    write = { _ in }
    self.clock = clock
    self.follow = follow
  }

  /// Redraws the bar, at most twenty times a second unless it `mustShow`.
  package func update(_ progress: Progress, mustShow: Bool = false) {
    guard isInPlace else { return }
    let now = clock()
    guard mustShow || now - lastDrawn >= 0.05 else { return }
    lastDrawn = now
    if let follow { return follow(progress) }
    isShown = true
    write("\r\u{1B}[K" + progress.bar(width: Terminal.size(of: 2).columns, paint: paint))
  }

  /// Notes the end of an epoch: a line where nothing is redrawn.
  package func finishStep(_ progress: Progress) {
    if isInPlace { return update(progress) }
    let line = progress.line + "\n"
    let isDue = progress.done % every == 0 || progress.done >= progress.total
    unwritten = isDue ? nil : line
    if isDue { write(line) }
  }

  /// Takes the bar off the screen, so that something else can be written; the next one is drawn
  /// anew.
  package func clear() {
    guard isShown else { return }
    write("\r\u{1B}[K")
    isShown = false
    lastDrawn = -.infinity
  }

  /// Leaves the last bar on the screen and goes to the next line.
  package func finish(_ progress: Progress?) {
    if let line = unwritten { write(line) }
    unwritten = nil
    if let progress { update(progress, mustShow: true) }
    if isShown { write("\n") }
    isShown = false
  }
}
