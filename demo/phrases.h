#pragma once

#include <array>
#include <string_view>

/// What the invented posts of the demo campaign say.
namespace sightingd::demo {

struct NamedPlace {
  std::string_view name;
  double latitude = 0;
  double longitude = 0;
};

/// The words of one language.
struct Phrases {
  std::string_view language;
  std::string_view tag;
  std::string_view author;  ///< A number is added.
  std::array<std::string_view, 5> sentences;
  std::array<NamedPlace, 4> places;
};

inline constexpr std::array<Phrases, 3> kPhrases{
    {{"zh",
      "随手拍照解救乞讨儿童",
      "suishoupai",
      {"今天上午看到一个孩子在路口乞讨，已经报警，请志愿者核实。", "地铁口拍到的，请大家转发留意。",
       "同一地点昨天也有人看到，照片是刚拍的。", "请附近的朋友帮忙看一看 <不要惊动>。",
       "孩子大约五六岁，旁边有成年人 & 一辆三轮车。"},
      {{{"广州·天河", 23.1291, 113.2644},
        {"郑州·二七广场", 34.7466, 113.6253},
        {"珠海·拱北", 22.2167, 113.5500},
        {"成都·春熙路", 30.6571, 104.0777}}}},
     {"en",
      "BringThemHome",
      "streetwatch",
      {"Seen near the north gate at nine this morning, reported to the police.",
       "Same corner as yesterday; the picture is from today.",
       "Please share if you are nearby & know the place.",
       "Two blocks from the market, next to the kiosk <blue awning>.",
       "A volunteer asked for a second picture, here it is."},
      {{{"Manchester, Piccadilly", 53.4808, -2.2426},
        {"Nairobi, Tom Mboya Street", -1.2841, 36.8251},
        {"Oakland, 12th Street", 37.8044, -122.2712},
        {"Sydney, Central", -33.8830, 151.2067}}}},
     {"es",
      "NiñosPerdidos",
      "vecinos",
      {"Visto esta mañana junto a la parada; ya está avisada la policía.",
       "La misma esquina de ayer, foto de hoy a las ocho.",
       "¿Alguien conoce el lugar? Compartid, por favor.", "Frente al mercado, «puerta norte».",
       "Nos piden otra foto del sitio: aquí está."},
      {{{"Sevilla, Triana", 37.3838, -6.0026},
        {"Ciudad de México, La Merced", 19.4255, -99.1236},
        {"Bogotá, San Victorino", 4.6018, -74.0790},
        {"Lima, Gamarra", -12.0651, -77.0142}}}}}};

}  // namespace sightingd::demo
