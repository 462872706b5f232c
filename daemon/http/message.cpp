#include "daemon/http/message.h"

#include "daemon/api/report_json.h"

namespace sightingd {

Answer error_answer(unsigned status, std::string_view code, std::string_view sentence) {
  Answer answer;
  answer.status = status;
  answer.body = error_json(sentence, code);
  return answer;
}

}  // namespace sightingd
