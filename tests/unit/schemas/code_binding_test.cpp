#include "schemas/code_binding.h"

#include "schemas/bindings/source_text.h"
#include "schemas/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace eventbus::schemas {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kLanguages = {"Go1", "Java8", "Python36", "TypeScript3"};

TypeModel model(std::string_view content) {
  const Result<TypeModel> made = type_model(content, SchemaType::kJsonSchemaDraft4, "shop.orders@OrderPlaced");
  if (!made) throw std::runtime_error(made.error().message);
  return *made;
}

const ObjectType& object(const TypeModel& model, std::string_view name) {
  const auto found = std::ranges::find(model.objects, name, &ObjectType::name);
  if (found == model.objects.end()) throw std::runtime_error("no object " + std::string(name));
  return *found;
}

std::string file(const std::vector<SourceFile>& files, std::string_view path) {
  const auto found = std::ranges::find(files, path, &SourceFile::path);
  return found == files.end() ? "there is no " + std::string(path) : found->text;
}

TEST(TypeModel, NamesPackagesAfterSourceAndType) {
  EXPECT_THAT(model(R"({"type": "object"})").package, ElementsAre("schema", "shop", "orders", "order_placed"));
  const Result<TypeModel> ec2 =
      type_model(R"({"type": "object"})", SchemaType::kJsonSchemaDraft4, "aws.ec2@EC2InstanceStateChangeNotification");
  EXPECT_THAT(ec2->package, ElementsAre("schema", "aws", "ec2", "ec2_instance_state_change_notification"));
  const Result<TypeModel> odd = type_model(R"({"type": "object"})", SchemaType::kJsonSchemaDraft4, "1-2..@3");
  EXPECT_THAT(odd->package, ElementsAre("schema", "p_1_2", "p_3"));
}

TEST(TypeModel, ReadsWhatSchemasSay) {
  const TypeModel read = model(R"({"title": "Order", "type": "object", "required": ["id"], "properties": {
    "id": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "n": {"type": "integer"},
    "price": {"type": ["number", "null"]}, "paid": {"type": "boolean"}, "any": {}, "mix": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "lines": {"type": "array", "items": {"$ref": "#/definitions/Line"}}, "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "free": {"type": "object"}, "inline": {"type": "object", "properties": {"parent": {"$ref": "#"}}},
    "opt": {"anyOf": [{"$ref": "#/definitions/Line"}, {"type": "null"}]}},
    "definitions": {"Line": {"type": "object", "properties": {"sub": {"type": "array", "items": {"$ref": "#/definitions/Line"}}}}}})");
  EXPECT_EQ(read.root, "Order");
  std::string types;
  for (const TypeProperty& each : object(read, "Order").properties) {
    types += each.name + (each.required ? "!" : "") + "=" + std::to_string(each.type.kind) + each.type.object;
    for (const TypeUse& element : each.type.element) types += "<" + std::to_string(element.kind) + element.object + ">";
    types += " ";
  }
  EXPECT_EQ(types,
            "id!=1 at=2 n=4 price=3 paid=5 any=0 mix=0 lines=6<8Line> map=7<4> free=7<0> inline=8Inline opt=8Line ");
  EXPECT_EQ(object(read, "Inline").properties.at(0).type.object, "Order");
  EXPECT_EQ(object(read, "Line").properties.at(0).type.element.at(0).object, "Line");
}

TEST(TypeModel, SurvivesReferencesThatLeadNowhere) {
  EXPECT_EQ(model(R"({"type": "object", "properties": {"a": {"$ref": "#/definitions/a"}},
                      "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"oneOf": [{"$ref": "#/definitions/a"}]}}})")
                .objects.at(0)
                .properties.at(0)
                .type.kind,
            TypeUse::kAny);
  EXPECT_FALSE(type_model(R"({"type": "string"})", SchemaType::kJsonSchemaDraft4, "a"));
  EXPECT_FALSE(type_model(R"({"$ref": "#"})", SchemaType::kJsonSchemaDraft4, "a"));
}

TEST(TypeModel, NamesThatDifferInCaseOnlyAreToldApart) {
  const TypeModel read = model(R"({"type": "object", "properties": {
    "ab": {"type": "object", "properties": {}}, "aB": {"type": "object", "properties": {}},
    "date": {"type": "object", "properties": {}}, "3d": {"type": "object", "properties": {}}}})");
  std::vector<std::string> names;
  for (const ObjectType& each : read.objects) names.push_back(each.name);
  EXPECT_THAT(names, ElementsAre("Event", "Ab", "AB_1", "Date_1", "T3d"));
}

TEST(CodeBinding, IdentifiersAreOnesAndNoTwoAreAlike) {
  const std::vector<TypeProperty> properties = {
      {"order-id", {}, false}, {"orderId", {}, false}, {"order id", {}, false}, {"class", {}, false},
      {"1st", {}, false},      {"", {}, false},        {"ÄÖ", {}, false},       {"URL", {}, false}};
  constexpr std::string_view kReserved[] = {"class"};
  EXPECT_THAT(identifiers(properties, {kReserved, false, true, false}),
              ElementsAre("order_id", "order_id_2", "order_id_3", "class_", "n1st", "value", "value_2", "url"));
  EXPECT_THAT(identifiers(properties, {kReserved, false, false, true}),
              ElementsAre("orderId", "orderId_2", "orderId_3", "class_", "n1st", "value", "value_2", "URL"));
  EXPECT_THAT(identifiers(properties, {{}, true, false, false}),
              ElementsAre("OrderId", "OrderId_2", "OrderId_3", "Class", "N1st", "Value", "Value_2", "URL"));
}

TEST(CodeBinding, LiteralsCannotBeLeft) {
  EXPECT_EQ(quoted("a'b\"c\\u0027\n", '\'', Beyond::kSurrogates), R"('a\'b"c\\u0027\n')");
  EXPECT_EQ(quoted("ä\x01", '"', Beyond::kSurrogates), R"("\u00e4\u0001")");
  EXPECT_EQ(quoted("😀", '"', Beyond::kSurrogates), R"("\ud83d\ude00")");
  EXPECT_EQ(quoted("😀", '"', Beyond::kLongEscape), R"("\U0001f600")");
}

TEST(CodeBinding, NamesOfPropertiesDoNotReachTheCodeUnquoted) {
  const TypeModel hostile = model(R"json({"type": "object", "properties": {
    "x = 1\n`'\"; system('rm')": {"type": "string"}, "*/ }": {"type": "string"},
    "`": {"type": "object", "properties": {"'": {}}}}})json");
  for (const char* language : kLanguages) {
    for (const SourceFile& each : code_binding(hostile, language)) {
      EXPECT_EQ(each.text.find("x = 1\n"), std::string::npos) << language << " " << each.path;
      EXPECT_EQ(each.path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./"),
                std::string::npos)
          << each.path;
    }
  }
}

TEST(CodeBinding, GoHasOneStructAnObject) {
  const std::string types =
      file(go_binding(model(R"({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"}, "a`b": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}}})")),
           "schema/shop/orders/order_placed/types.go");
  EXPECT_EQ(types,
            "package order_placed\n\nimport \"time\"\n"
            "\ntype Event struct {\n\tId string `json:\"id\"`\n\tAt *time.Time `json:\"at,omitempty\"`\n"
            "\tLines []*LinesItem `json:\"lines,omitempty\"`\n}\n"
            "\ntype LinesItem struct {\n\tN *int64 `json:\"n,omitempty\"`\n}\n");
}

TEST(CodeBinding, JavaNamesAllTypesInFull) {
  const auto files = java_binding(model(R"({"type": "object", "properties": {"object": {"type": "object",
      "properties": {"class": {"type": "string"}, "java": {"type": "string"}}}}})"));
  const std::string text = file(files, "schema/shop/orders/order_placed/Object_1.java");
  EXPECT_THAT(text, AllOf(HasSubstr("private java.lang.String class_;"), HasSubstr("private java.lang.String java_;"),
                          Not(HasSubstr("getClass()"))));
}

TEST(ZipArchive, BeginsAndEndsAsOne) {
  const std::vector<SourceFile> files = {{"a/b.txt", "hello"}, {"c.txt", ""}};
  const std::string archive = zip_archive(files);
  EXPECT_TRUE(archive.starts_with(std::string("PK\3\4", 4)));
  EXPECT_EQ(archive.substr(archive.size() - 22, 4), std::string("PK\5\6", 4));
  EXPECT_THAT(archive, HasSubstr("hello"));
  EXPECT_EQ(archive, zip_archive(files));
}

}  // namespace
}  // namespace eventbus::schemas
