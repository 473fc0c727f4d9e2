import Syntax

// Reads a script and prints each expression statement again; an error in a second text is shown
// with its place. `Scripts/syntax-product` compares what is printed.
for text in ["y = W@x+b\nrelu( y ) # the hidden layer", "y = (W @ x"] {
  do {
    for statement in try Parser.parse(SourceText(text, name: "text.nns"), commands: [:]) {
      if case .expression(let expression) = statement.kind { print(expression.sourceText()) }
    }
  } catch {
    print(error.rendered(inColor: false))
  }
}
print(Lexer.highlight("fn f(x) = x").count > 3, nearest("softmx", among: ["softmax", "relu"]))
