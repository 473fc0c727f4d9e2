import Console
import Language
import Plot
import Tensors

/// What a command puts before a person: text, or pictures that are drawn as the audience can take
/// them.
enum Exhibit {
  case lines([String])
  /// - Parameter isCut: whether its lines keep to the screen's width.
  case table(Table, isCut: Bool = true)
  /// Lines that pages and notebooks show in another form.
  case form(lines: [String], RichForm)
  /// Pictures side by side, each with a caption, which may be empty.
  case pictures([(image: TerminalImage, caption: String)])
  /// - Parameter height: the rows of a panel, where it is drawn with characters.
  case chart(Chart, height: Int)
}

extension [Exhibit] {
  /// What can be said in lines alone, of any width.
  var lines: [String] {
    flatMap { exhibit -> [String] in
      switch exhibit {
      case .lines(let lines), .form(let lines, _): lines
      case .table(let table, _): table.lines()
      case .pictures, .chart: []
      }
    }
  }
}

extension CommandContext {
  /// Shows what a command has to show, unless the result is assigned to a variable; where a page is
  /// written also for that, made anew, as it can show more.
  func show(_ exhibits: () throws -> [Exhibit]) throws {
    guard !command.isAssigned else { return }
    guard let page = session.transcript, page.takesFigures else { return try put(exhibits()) }
    session.transcript = nil
    defer { session.transcript = page }
    try put(exhibits())
    session.transcript = page
    session.drawsForPage = true
    defer { session.drawsForPage = false }
    try put(exhibits())
  }

  /// Lines that pages and notebooks show in another form.
  private func print(_ lines: [String], as form: () -> RichForm) {
    guard !lines.isEmpty, !command.isAssigned else { return }
    session.writeOutput(lines.joined(separator: "\n") + "\n", as: form)
  }

  private func put(_ exhibits: [Exhibit]) throws {
    for exhibit in exhibits {
      switch exhibit {
      case .lines(let lines): print(lines)
      case .table(let table, let isCut):
        let lines = table.lines(
          width: isCut ? width : .max, paint: isCut ? paint : Paint(isOn: false))
        print(lines) { table.richForm }
      case .form(let lines, let form): print(lines) { form }
      case .pictures(let pictures): try put(pictures)
      case .chart(let chart, let height): try put(chart, height: height)
      }
    }
  }

  /// Whether pictures are sent as such, rather than drawn in lines.
  var sendsPictures: Bool { session.audience.takesEvents && !session.drawsForPage }

  /// How many dots wide a picture may be.
  var dotsAcross: Int {
    sendsPictures ? PictureSheet.width : TerminalImage.dots(across: width, session.ink)
  }

  private func put(_ pictures: [(image: TerminalImage, caption: String)]) throws {
    guard sendsPictures else {
      if pictures.count == 1, pictures[0].caption.isEmpty {
        return print(pictures[0].image.lines(session.ink))
      }
      return print(TerminalImage.gallery(pictures, width: width, ink: session.ink))
    }
    let sheet = PictureSheet(pictures.map(\.image))
    guard let bytes = sheet.png else { return }
    session.audience.show(picture: bytes)
    print(sheet.captionLines(pictures.map(\.caption)))
  }

  private func put(_ chart: Chart, height: Int) throws {
    if sendsPictures, let bytes = try picture(of: chart) {
      return session.audience.show(picture: bytes)
    }
    print(lines(of: chart, height: height))
  }

  /// The bytes of a chart's picture; nil, with a word about it, where it cannot be drawn here.
  private func picture(of chart: Chart) throws -> [UInt8]? {
    do throws(GnuplotError) {
      return try Gnuplot.picture(of: chart)
    } catch {
      if error == .interrupted { throw RuntimeError.interrupted }
      note(error.message + "; the chart is drawn with characters")
      return nil
    }
  }
}
