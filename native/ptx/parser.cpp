// Module level: version, target, files, variables, entries (PTX ISA 5, 11). `.section` bodies (DWARF) are skipped.
#include "ptx/cursor.h"
#include "ptx/function_parser.h"
#include "ptx/module.h"
#include "ptx/variable_parser.h"

namespace decode_lab::ptx {

namespace {

class ModuleParser {
 public:
  ModuleParser(std::string_view text, std::string_view entry) : cursor_(tokenize(text)), wanted_(entry) {}

  Module run() {
    while (!cursor_.at_end()) directive();
    if (module_.version.empty() || module_.target.empty()) syntax_error("no .version and .target: not a PTX module", 1);
    return std::move(module_);
  }

 private:
  void directive() {
    const Token& token = cursor_.peek();
    if (token.kind == Token::Kind::inline_asm_begin || token.kind == Token::Kind::inline_asm_end)
      return void(cursor_.next());
    if (token.is(';')) return void(cursor_.next());
    std::string name = cursor_.word("a directive");
    if (name == ".visible" || name == ".weak" || name == ".common") name = cursor_.word("a directive");
    if (name == ".version") return version();
    if (name == ".target") return target();
    if (name == ".address_size") return address_size();
    if (name == ".file") return file();
    if (name == ".section") return section();
    if (name == ".pragma") return pragma();
    if (name == ".extern") return void(is_extern_ = true);
    if (name == ".entry") return entry();
    if (name == ".func") return device_function();
    if (name == ".global") return variable(StateSpace::global);
    if (name == ".const") return variable(StateSpace::constant);
    if (name == ".shared") return variable(StateSpace::shared);
    if (name == ".alias" || name == ".tex" || name == ".metadata") unsupported("directive '" + name + "'", token.line);
    syntax_error("'" + name + "' is not a module directive", token.line);
  }

  void version() {
    const Token& token = cursor_.next();
    if (token.kind != Token::Kind::f64)
      syntax_error("expected a version such as 8.8, found '" + std::string(token.text) + "'", token.line);
    module_.version = token.text;
  }

  void target() {
    module_.target = cursor_.word("a target such as sm_80");
    while (cursor_.accept(',')) cursor_.word("a target option");
    if (!module_.target.starts_with("sm_"))
      syntax_error("target '" + module_.target + "' is not an sm_ target", cursor_.line());
  }

  void address_size() {
    const int line = cursor_.line();
    if (const uint64_t bits = cursor_.integer("64"); bits != 64)
      unsupported(".address_size " + std::to_string(bits) + " (64 is)", line);
  }

  void file() {
    const auto index = static_cast<uint32_t>(cursor_.integer("a file index"));
    module_.files[index] = cursor_.string("a file name");
    while (cursor_.accept(',')) cursor_.integer("a time stamp or size");
  }

  void section() {
    while (!cursor_.peek().is('{')) cursor_.word("a section name");
    cursor_.skip_braces();
  }

  void pragma() {
    cursor_.string("a pragma");
    cursor_.expect(';');
  }

  void variable(StateSpace space) {
    module_.variables.push_back(parse_variable(cursor_, space, is_extern_));
    while (cursor_.accept(',')) unsupported("several variables in one declaration", cursor_.line());
    cursor_.expect(';');
    is_extern_ = false;
  }

  void entry() {
    module_.entries.push_back(parse_entry(cursor_, module_, wanted_));
    is_extern_ = false;
  }

  // Device functions are reached through `call`, which the machine refuses by name; their bodies need no reading.
  void device_function() {
    while (!cursor_.peek().is('{') && !cursor_.peek().is(';')) {
      if (cursor_.at_end()) cursor_.wrong("a function body or ';'");
      cursor_.next();
    }
    if (!cursor_.accept(';')) cursor_.skip_braces();
    is_extern_ = false;
  }

  Cursor cursor_;
  std::string_view wanted_;
  Module module_;
  bool is_extern_ = false;
};

}  // namespace

Module parse(std::string_view text, std::string_view entry) { return ModuleParser(text, entry).run(); }

}  // namespace decode_lab::ptx
